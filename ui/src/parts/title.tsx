import { useEffect } from "react";

/** The heading of a page, which also names its tab. */
export function Title({ children }: { children: string }) {
  useEffect(() => {
    document.title = `${children} – Fanlight`;
    return () => { document.title = "Fanlight"; };
  }, [children]);
  return <h1>{children}</h1>;
}
