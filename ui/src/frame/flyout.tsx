import { useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useFlyout } from "../api/client";
import type { FlyoutView } from "../api/types";
import { age, exact, minutes, weekday } from "../format";
import { Facts } from "../parts/facts";
import { Go, useGo } from "../parts/go";
import { writing } from "../parts/keys";
import { Key, Label, SensitivityMark, SeverityMark } from "../parts/marks";
import { usePeek } from "../parts/name";
import { Failed, Waiting } from "../parts/panel";
import { useFrame } from "./context";

function Parts({ view }: { view: FlyoutView }) {
  const { now, time_zone } = useFrame();
  return (
    <>
      <section aria-label="What it is">
        <h3>What it is</h3>
        <Facts facts={view.facts} />
        {view.sensitivity && <p className="marks"><SensitivityMark level={view.sensitivity} />{view.labels.map((chip) => <Label key={chip.category} chip={chip} count />)}</p>}
      </section>
      <section aria-label="Risk and open findings">
        <h3>Risk and open findings</h3>
        <p>{view.risk}</p>
        <ul className="lines small">
          {view.open_findings.map((row) => (
            <li key={row.id}><SeverityMark level={row.severity} /><span className="cut" style={{ flex: 1 }}><Go to={`/findings/${row.id}`}>{row.title}</Go></span><span className="t3">{age(row.at, now)}</span></li>
          ))}
        </ul>
      </section>
      <section aria-label="Usual"><h3>Usual</h3><p>{view.usual}</p></section>
      <section aria-label="Access">
        <h3>Access</h3>
        {view.access.length > 0 ? <div className="figures">{view.access.map((each) => <div key={each.label}><b>{each.value}</b><span>{each.label}</span></div>)}</div> : <p>No grant is known.</p>}
        {view.access_note && <p className="small t3">{view.access_note}</p>}
      </section>
      <section aria-label="Last ten events">
        <h3>Last ten events <span className="t3">{view.events_summary}</span></h3>
        <ol className="events small">
          {view.events.map((step, at) => (
            <li key={`${step.at}-${at}`} title={`${exact(step.at, time_zone)}${step.place ? `, ${step.place}` : ""}`}>
              <span className="t3">{weekday(step.at, time_zone)}, {minutes(step.at, time_zone)}</span>
              <i className={`mark ${step.mark}`} /><span className="cut"><span className="sr">{step.mark === "new" ? "new: " : ""}</span>{step.text}</span>
            </li>
          ))}
        </ol>
      </section>
    </>
  );
}

function Out({ of, seen, at, turn }: { of: string; seen: string[]; at: number; turn: (by: number) => void }) {
  const peek = usePeek();
  const go = useGo();
  const { data: view, error, refetch } = useFlyout(of);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    panel.current?.focus();
    return () => { if (before instanceof HTMLElement && before.isConnected) before.focus(); };
  }, []);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || writing(event.target)) return;
      const onControl = event.target instanceof HTMLElement && /^(A|BUTTON)$/.test(event.target.tagName);
      if (event.key === "Escape") peek(null);
      else if (event.key === "[") turn(-1);
      else if (event.key === "]") turn(1);
      else if (event.key === "Enter" && !onControl && view) go(view.page);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [peek, turn, go, view]);
  return (
    <aside className="flyout" role="dialog" aria-label={view ? view.title : "Loading"} tabIndex={-1} ref={panel}>
      <header>
        <span className="small t3">{view?.kind ?? ""}</span>
        <span className="end">
          {seen.length > 1 && <><button type="button" className="btn link" disabled={at === 0} onClick={() => turn(-1)} aria-label="Back"><Key>[</Key></button><button type="button" className="btn link" disabled={at === seen.length - 1} onClick={() => turn(1)} aria-label="Forth"><Key>]</Key></button></>}
          <button type="button" className="btn link" onClick={() => peek(null)}>Close <Key>Esc</Key></button>
        </span>
        {view && <><h2>{view.title} {view.severity && <SeverityMark level={view.severity} />}</h2><p className="small t2">{view.detail}</p></>}
      </header>
      {error ? <Failed error={error} again={() => void refetch()} /> : view ? <Parts view={view} /> : <Waiting rows={8} />}
      {view && <footer><Go to={view.page} className="btn">{view.kind === "project" ? "Who can reach it" : "Open the page"} <Key>↵</Key></Go></footer>}
    </aside>
  );
}

/** A look at a person or project from the right, over the page. `[` and `]` go through what was looked at. */
export function Flyout() {
  const { peek: of = "" } = useSearch({ strict: false }) as { peek?: string };
  const peek = usePeek();
  const [{ seen, at }, remember] = useState<{ seen: string[]; at: number }>({ seen: [], at: -1 });
  useEffect(() => {
    if (of === "") remember({ seen: [], at: -1 });
    else remember((before) => (before.seen[before.at] === of ? before : { seen: [...before.seen.slice(0, before.at + 1), of], at: before.at + 1 }));
  }, [of]);
  if (of === "") return null;
  const turn = (by: number) => {
    const next = seen[at + by];
    if (next === undefined) return;
    remember({ seen, at: at + by });
    peek(next);
  };
  return <Out of={of} seen={seen} at={at} turn={turn} />;
}
