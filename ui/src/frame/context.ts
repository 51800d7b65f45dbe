import { createContext, useContext } from "react";
import type { HeaderView } from "../api/types";

/** The header as every page uses it: now, time zone, who is signed in. */
export const HeaderContext = createContext<HeaderView | null>(null);

export function useFrame(): HeaderView {
  const header = useContext(HeaderContext);
  if (!header) throw new Error("a page was drawn outside the frame");
  return header;
}

/** The newest creation time the queue has shown; the header asks what arrived since. */
export const SinceContext = createContext<{ since: number | null; see: (at: number | null) => void }>({
  since: null,
  see: () => undefined,
});
