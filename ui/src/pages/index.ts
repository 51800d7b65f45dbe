import type { RouteComponent } from "@tanstack/react-router";
import type { HeaderView } from "../api/types";

/** A page: its address, what draws it, its keys, and its place in the navigation if it has one. */
export type Page = {
  path: string;
  component: RouteComponent;
  /** Its keys beside those of everywhere, for the card of all keys: `[["J", "K"], "move"]`. */
  keys?: [string[], string][];
  nav?: { label: string; short: string; group: "" | "Judge" | "Operate"; order: number; count: (header: HeaderView) => string };
};

// A page is a file `*.page.tsx` that exports `page`; nothing else has to know it.
const found = import.meta.glob<{ page: Page }>("./*.page.tsx", { eager: true });

export const pages: Page[] = Object.values(found).map((module) => module.page);
