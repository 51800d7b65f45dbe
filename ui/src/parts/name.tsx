import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { useCallback, type MouseEvent, type ReactNode } from "react";
import { Go } from "./go";

/** What the fly-out can show of an address: people and projects. */
export function flyoutOf(to: string): string | null {
  const person = /^\/identities\/(.+)$/.exec(to);
  if (person) return `identity:${person[1]}`;
  const project = /^\/access\?pivot=(project:.+)$/.exec(to);
  return project?.[1] ?? null;
}

/** Opens or closes the fly-out over the page as it stands; the address carries it. */
export function usePeek(): (of: string | null) => void {
  const navigate = useNavigate();
  const location = useLocation();
  return useCallback(
    (of: string | null) => {
      const { peek: _, ...search } = location.search as Record<string, unknown>;
      const next = of === null ? search : { ...search, peek: of };
      void navigate({ to: location.pathname as never, search: next as never, resetScroll: false });
    },
    [navigate, location],
  );
}

type NameProps = { to: string; className?: string; children: ReactNode; title?: string };

/** The name of a person or project: a click looks at it in the fly-out, with Ctrl or the middle button it is a link. */
export function Name({ to, className, children, title }: NameProps) {
  const peek = usePeek();
  const of = flyoutOf(to);
  if (of === null) return <Go to={to} {...(className && { className })} {...(title && { title })}>{children}</Go>;
  const [path, rest] = to.split("?");
  const look = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    peek(of);
  };
  return (
    <Link to={path as never} search={Object.fromEntries(new URLSearchParams(rest ?? "")) as never} className={className ?? ""} title={title} onClick={look} activeProps={{}}>
      {children}
    </Link>
  );
}
