import { useEffect, useState } from "react";
import { pages } from "../pages";
import { useKeys } from "../parts/keys";
import { Key } from "../parts/marks";

const KEYS: [string, [string[], string][]][] = [
  ["Everywhere", [[["/"], "search"], [["R"], "read again, and place new arrivals"], [["?"], "this list"]]],
  ["Queue", [[["J", "K"], "move"], [["Enter"], "open"], [["X"], "choose"], [["E"], "close the chosen with a verdict"], [["A"], "assign them"], [["S"], "snooze them"], [["Esc"], "choose none"]]],
  ["Finding", [[["J", "K"], "next, previous"], [["T"], "true positive"], [["F"], "false positive"], [["V"], "expected"], [["Enter"], "give the verdict"], [["Esc"], "take the choice back"]]],
  ["Access picture", [[["←", "→"], "along a line"], [["↑", "↓"], "along a column"], [["T"], "picture or table"]]],
  ["Fly-out", [[["Enter"], "open its page"], [["[", "]"], "back, forth"], [["Esc"], "close"]]],
];

/** All keys on one card. */
export function Help() {
  const [open, show] = useState(false);
  useKeys({ "?": () => show(true) });
  useEffect(() => {
    if (!open) return undefined;
    const press = (event: KeyboardEvent) => {
      if (event.key !== "Escape" && event.key !== "?") return;
      event.preventDefault();
      show(false);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [open]);
  if (!open) return null;
  return (
    <div className="help" role="dialog" aria-label="All keys">
      <header><h2>All keys</h2><button type="button" className="btn link" autoFocus onClick={() => show(false)}>Close <Key>Esc</Key></button></header>
      <div className="groups">
        {[...KEYS, ...pages.flatMap((page): typeof KEYS => (page.keys && page.nav ? [[page.nav.label, page.keys]] : []))].map(([place, rows]) => (
          <section key={place}>
            <h3>{place}</h3>
            <dl>{rows.map(([keys, does]) => <div key={does}><dt>{keys.map((key) => <Key key={key}>{key}</Key>)}</dt><dd>{does}</dd></div>)}</dl>
          </section>
        ))}
      </div>
    </div>
  );
}
