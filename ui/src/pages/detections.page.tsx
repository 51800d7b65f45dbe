import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { csv, usePage } from "../api/client";
import type { DetectionsView, RuleDetail, RuleRow } from "../api/types";
import { ago, figure } from "../format";
import { useFrame } from "../frame/context";
import { Csv } from "../parts/csv";
import { Go, useGo } from "../parts/go";
import { useKeys } from "../parts/keys";
import { SeverityMark } from "../parts/marks";
import { Failed, Panel, State, Waiting } from "../parts/panel";
import { Title } from "../parts/title";
import type { Page } from ".";
import "./detections.css";

const SIGHT: Record<RuleRow["sight"], string> = { sees: "Sees", partly: "Partly blind", quiet: "Quiet", blind: "Blind" };

/** What a rule can see, by shape and word: an open eye of the fan, half of it, an empty ring, a hatched one. */
function Sight({ sight }: { sight: RuleRow["sight"] }) {
  return (
    <span className={`sight ${sight}`}>
      <svg width="11" height="11" viewBox="0 0 11 11" aria-hidden="true">
        <circle cx="5.500" cy="5.500" r="4.200" fill={sight === "sees" ? "currentColor" : "none"} stroke="currentColor" strokeWidth="1.300" strokeDasharray={sight === "blind" ? "2.500 2" : undefined} />
        {sight === "partly" && <path d="M5.500 1.300a4.200 4.200 0 0 0 0 8.400z" fill="currentColor" />}
      </svg>
      {SIGHT[sight]}
    </span>
  );
}

function Weeks({ row }: { row: RuleRow }) {
  const top = Math.max(1, ...row.weeks);
  return (
    <span className="weeks" role="img" aria-label={`Findings by week, highest ${figure(Math.max(...row.weeks))}`}>
      {row.weeks.map((n, at) => <i key={at} className={n === 0 ? "none" : ""} title={`${row.weeks.length - at} weeks ago: ${n}`} style={{ height: n === 0 ? 1 : `${Math.max(20, (n / top) * 100)}%` }} />)}
    </span>
  );
}

/** Verdicts in words; what nobody judged is said, and is not counted for or against. */
function verdicts(row: RuleRow): string {
  const judged = [row.true && `${row.true} true`, row.false && `${row.false} false`, row.expected && `${row.expected} expected`, row.excepted && `${row.excepted} by exception`].filter(Boolean);
  return judged.length > 0 ? judged.join(", ") : row.hits > 0 ? "none judged" : "–";
}

function Rules({ view, at, chosen }: { view: DetectionsView; at: number; chosen: string | undefined }) {
  const { now, time_zone } = useFrame();
  const go = useGo();
  const wide = chosen === undefined; // beside the panel of a rule there is room for its name rather than for bars
  return (
    <section className="panel" aria-label="Rules">
      <table className="rows rules">
        <colgroup><col style={{ width: 96 }} /><col /><col style={{ width: 104 }} />{wide && <col style={{ width: 116 }} />}<col style={{ width: 66 }} /><col style={{ width: wide ? 150 : 104 }} /><col style={{ width: 112 }} /></colgroup>
        <thead><tr><th>Severity</th><th>Rule</th><th>Sight</th>{wide && <th>By week</th>}<th className="num">90 days</th><th>Verdicts</th><th className="num">Last</th></tr></thead>
        <tbody>
          {view.rows.map((row, place) => (
            <tr key={row.rule} className={`pick${row.rule === chosen ? " on" : ""}`} aria-selected={place === at} onClick={() => go("/detections", { rule: row.rule })} style={place === at ? { outline: "1px dashed var(--control)", outlineOffset: -2 } : undefined}>
              <td><SeverityMark level={row.level} /></td>
              <td>
                <div className="cut"><Go to="/detections" search={{ rule: row.rule }} className="quiet" title={row.title}>{row.title}</Go></div>
                <div className="cut small t2" title={row.sentence}>{!row.own && "your own · "}{row.sentence}</div>
              </td>
              <td><Sight sight={row.sight} /></td>
              {wide && <td><Weeks row={row} /></td>}
              <td className="num"><b>{figure(row.hits)}</b></td>
              <td className="t2 split-bar cut" title={verdicts(row)}>{verdicts(row)}</td>
              <td className="num t2">{row.last_at === null ? "–" : ago(row.last_at, now, time_zone)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="last-line"><span>{view.rows.length} shown, the blind first. None below.</span><span className="end"><Csv href={csv("detections")} what="the rules" /></span></div>
    </section>
  );
}

function Detail({ detail }: { detail: RuleDetail }) {
  const { now, time_zone } = useFrame();
  return (
    <div className="long-head">
      <Panel title={detail.title} end={<Go to="/detections">Close</Go>}>
        <p className="small t3" style={{ marginBottom: 6 }}><span className="mono">{detail.rule}</span> · {detail.record}</p>
        <p className="t2">{detail.description}</p>
        <dl className="facts" style={{ marginTop: 10 }}>
          <dt>Looks at</dt><dd style={{ overflowWrap: "anywhere" }}>{detail.looks_at}</dd>
          {detail.attack.length > 0 && <><dt>ATT&CK</dt><dd>{detail.attack.join(", ")}</dd></>}
          <dt>Tests inside</dt><dd>{figure(detail.tests)}</dd>
          <dt>Exceptions</dt><dd>{detail.exceptions > 0 ? `${figure(detail.exceptions)} in force` : "none in force"}</dd>
        </dl>
        {detail.falsepositives.length > 0 && <><h3 className="cell-head" style={{ marginTop: 12 }}>What else it may be</h3><ul className="list-plain small t2">{detail.falsepositives.map((each) => <li key={each}>{each}</li>)}</ul></>}
        <h3 className="cell-head" style={{ marginTop: 12 }}>Findings of 90 days</h3>
        {detail.findings.length === 0 && <p className="small t2">None.</p>}
        <ul className="lines small">
          {detail.findings.map((each) => (
            <li key={each.id}>
              <span style={{ minWidth: 0 }}><Go to={`/findings/${each.id}`} className="quiet">{each.title}</Go><br /><span className="t3">{each.status}</span></span>
              <span style={{ textAlign: "right", whiteSpace: "nowrap" }}><SeverityMark level={each.severity} /><br /><span className="t3">{ago(each.at, now, time_zone)}</span></span>
            </li>
          ))}
        </ul>
        {detail.last_line && <p className="small t3">{detail.last_line}</p>}
      </Panel>
    </div>
  );
}

function Detections() {
  const asked = useSearch({ strict: false }) as { rule?: string };
  const go = useGo();
  const { data: view, error, refetch, isPlaceholderData } = usePage<DetectionsView>("detections", { rule: asked.rule });
  const [at, setAt] = useState(-1); // no row is pointed at before a key asks for it
  const rows = view?.rows ?? [];
  const move = (step: number) => setAt((now) => Math.max(0, Math.min(rows.length - 1, now + step)));
  useKeys({
    r: () => void refetch(), j: () => move(1), k: () => move(-1),
    Enter: () => rows[at] && go("/detections", { rule: rows[at].rule }),
    Escape: () => asked.rule !== undefined && go("/detections"),
  });
  if (error) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  if (!view) return <div className="page"><Waiting rows={9} /></div>;
  return (
    <div className="page">
      <div className="title"><Title>Detections</Title><span className="t2">{view.summary}</span></div>
      <div className={view.detail ? "split wide-right" : ""} aria-busy={isPlaceholderData}>
        <div className="stack">
          {view.broken.length > 0 && (
            <Panel title="Files that cannot be read" hint="their rules do not run">
              <ul className="small">{view.broken.map((each) => <li key={each.name + each.sentence}><b className="mono">{each.name}</b> {each.sentence}</li>)}</ul>
            </Panel>
          )}
          {rows.length > 0 ? <Rules view={view} at={at} chosen={view.detail?.rule} /> : <section className="panel"><State title="No rule is in force">The rules that come with Fanlight are missing from this installation.</State></section>}
        </div>
        {view.detail && <Detail detail={view.detail} />}
      </div>
    </div>
  );
}

export const page: Page = { path: "/detections", component: Detections, keys: [[["J", "K"], "move"], [["Enter"], "look at the rule"], [["Esc"], "close it"]], nav: { label: "Detections", short: "De", group: "Judge", order: 40, count: () => "" } };
