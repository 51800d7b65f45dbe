import { useEffect } from "react";

type Keys = Record<string, (event: KeyboardEvent) => void>;

export const writing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ["TEXTAREA", "SELECT"].includes(target.tagName) || (target instanceof HTMLInputElement && target.type !== "checkbox"));

/** Keys of a page. They rest while somebody writes, and leave combinations with Ctrl, Alt and Meta alone. */
export function useKeys(keys: Keys): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
      if (writing(event.target) || document.querySelector("[role=dialog]")) return;
      const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act) return;
      // Enter on a focused control is that control's.
      if (event.key === "Enter" && event.target instanceof HTMLElement && /^(A|BUTTON)$/.test(event.target.tagName)) return;
      act(event);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });
}
