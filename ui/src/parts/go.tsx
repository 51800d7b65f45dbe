import { Link, useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";

type GoProps = { to: string; search?: Record<string, unknown>; className?: string; children: ReactNode; title?: string };

/** A link inside the product. Pages are found by scan, so their addresses are plain text here. */
export function Go({ to, search, className, children, title }: GoProps) {
  const [path, rest] = to.split("?");
  const merged = { ...Object.fromEntries(new URLSearchParams(rest ?? "")), ...search };
  return (
    <Link to={path as never} search={merged as never} className={className ?? ""} activeOptions={{ exact: path === "/", includeSearch: false }} title={title}>
      {children}
    </Link>
  );
}

export function useGo(): (to: string, search?: Record<string, unknown>) => void {
  const navigate = useNavigate();
  return (to, search) => {
    const [path, rest] = to.split("?");
    void navigate({ to: path as never, search: { ...Object.fromEntries(new URLSearchParams(rest ?? "")), ...search } as never });
  };
}
