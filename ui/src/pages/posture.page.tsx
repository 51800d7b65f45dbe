import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { csv, usePage } from "../api/client";
import type { Change, CheckDetail, CheckRow, PostureView } from "../api/types";
import { countOf } from "../frame/shell";
import { figure } from "../format";
import { Csv } from "../parts/csv";
import { Go, useGo } from "../parts/go";
import { useKeys } from "../parts/keys";
import { SeverityMark } from "../parts/marks";
import { Name } from "../parts/name";
import { Failed, Panel, State, Toggle, Waiting } from "../parts/panel";
import { Title } from "../parts/title";
import type { Page } from ".";
import "./posture.css";

type Asked = { check?: string; status?: CheckRow["status"] };

const WORD = { fail: "Fails", unknown: "Could not tell", pass: "Passes" };

/** The answer by shape and word: a cross, a broken ring, a check mark; only a failure has a colour, that of its severity. */
function Answer({ row }: { row: CheckRow }) {
  if (row.status === "fail") return <SeverityMark level={row.severity} />;
  return (
    <span className={`answer ${row.status}`}>
      <svg width="12" height="11" viewBox="0 0 12 11" aria-hidden="true">
        {row.status === "pass" ? <path d="M1.500 5.800l3 3L10.500 2" fill="none" stroke="currentColor" strokeWidth="1.7" />
          : <circle cx="6" cy="5.500" r="4" fill="none" stroke="currentColor" strokeWidth="1.600" strokeDasharray="3 2" />}
      </svg>
      {WORD[row.status]}
    </span>
  );
}

function Begin({ change }: { change: Change }) {
  return (
    <Panel title="Begin here" hint="what closes most">
      <div className="begin">
        <div className="figures" style={{ flex: "none" }}><div><b>{figure(change.closes)}</b><span>{change.closes === 1 ? "failure" : "failures"}</span></div></div>
        <div>
          <p><b style={{ fontWeight: 600 }}>{change.link ? <Name to={change.link} className="quiet">{change.title}</Name> : change.title}</b> <span className="t2 small">{change.checks.join(" · ")}</span></p>
          <p className="t2">{change.sentence}</p>
        </div>
      </div>
    </Panel>
  );
}

function Checks({ rows, at, chosen, file }: { rows: CheckRow[]; at: number; chosen: string | undefined; file: string }) {
  const go = useGo();
  return (
    <section className="panel" aria-label="Checks">
      <table className="rows checks">
        <colgroup><col style={{ width: 130 }} /><col /><col style={{ width: 92 }} /></colgroup>
        <thead><tr><th>Answer</th><th>Check</th><th className="num">Failing</th></tr></thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={row.check} className={`pick${row.check === chosen ? " on" : ""}`} aria-selected={place === at} onClick={() => go("/posture", { check: row.check })} style={place === at ? { outline: "1px dashed var(--control)", outlineOffset: -2 } : undefined}>
              <td><Answer row={row} /></td>
              <td>
                <div className="cut"><Go to="/posture" search={{ check: row.check }} className="quiet">{row.title}</Go></div>
                <div className="cut small t2" title={row.sentence}>{row.sentence}</div>
              </td>
              <td className="num">{row.failing > 0 ? <b>{figure(row.failing)}</b> : <span className="t3">{row.status === "unknown" ? "unknown" : "none"}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="last-line"><span>{rows.length} shown. None below.</span><span className="end"><Csv href={file} what="the checks" /></span></div>
    </section>
  );
}

function Detail({ detail }: { detail: CheckDetail }) {
  return (
    <Panel title={detail.title} end={<Go to="/posture">Close</Go>}>
      <p className="t2">{detail.question}</p>
      {detail.status === "fail" && <p className="aside-line" style={{ margin: "8px 0" }}>{detail.advice}</p>}
      {detail.told.map((sentence) => <p key={sentence} className="small t2" style={{ margin: "8px 0" }}>{sentence}</p>)}
      {detail.total > 0 && (
        <>
          <h3 className="cell-head" style={{ marginTop: 10, display: "flex" }}>{figure(detail.total)} failing<span style={{ marginLeft: "auto" }}><Csv href={csv("failing", { check: detail.check })} what="what fails this check" /></span></h3>
          <ul className="failing">
            {detail.failing.map((each) => (
              <li key={each.kind + each.id + each.sentence}>
                <div className="line">
                  <b style={{ fontWeight: 600 }}>{each.link ? <Name to={each.link} className="quiet">{each.name}</Name> : each.name} <span className="t3 small" style={{ fontWeight: 400 }}>{each.kind}</span></b>
                  <SeverityMark level={each.severity} />
                </div>
                <p className="small t2">{each.sentence}</p>
              </li>
            ))}
          </ul>
          {detail.last_line && <p className="small t3">{detail.last_line}</p>}
        </>
      )}
    </Panel>
  );
}

type Shown = "all" | CheckRow["status"];
const CHOICES: { value: Shown; label: string }[] = [{ value: "all", label: "All" }, { value: "fail", label: "Fails" }, { value: "unknown", label: "Could not tell" }, { value: "pass", label: "Passes" }];

function Posture() {
  const asked = useSearch({ strict: false }) as Asked;
  const go = useGo();
  const { data: view, error, refetch, isPlaceholderData } = usePage<PostureView>("posture", { check: asked.check, status: asked.status });
  const [at, setAt] = useState(-1); // no row is pointed at before a key asks for it
  const rows = view?.rows ?? [];
  const move = (step: number) => setAt((now) => Math.max(0, Math.min(rows.length - 1, now + step)));
  useKeys({
    r: () => void refetch(), j: () => move(1), k: () => move(-1),
    Enter: () => rows[at] && go("/posture", { ...asked, check: rows[at].check }),
    Escape: () => asked.check !== undefined && go("/posture", asked.status ? { status: asked.status } : {}),
  });
  if (error) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  if (!view) return <div className="page"><Waiting rows={11} /></div>;
  return (
    <div className="page">
      <div className="title"><Title>Posture</Title><span className="t2">{view.summary}</span></div>
      <div className="bar">
        <Toggle name="Answers" value={asked.status ?? "all"} choices={CHOICES} onChange={(value) => { setAt(-1); go("/posture", value === "all" ? {} : { status: value }); }} />
        <span className="end">Failures first, the worst first</span>
      </div>
      <div className={view.detail ? "split wide-right" : ""} aria-busy={isPlaceholderData}>
        <div className="stack">
          {view.change && asked.status !== "pass" && asked.status !== "unknown" && <Begin change={view.change} />}
          {rows.length > 0 ? <Checks rows={rows} at={at} chosen={view.detail?.check} file={csv("posture", { status: asked.status })} /> : (
            <section className="panel"><State title="No check has this answer" lit={[0, 1, 2, 3, 4, 5]} buttons={<Go to="/posture" className="btn">Show all checks</Go>}>{view.summary}.</State></section>
          )}
        </div>
        {view.detail && <div className="long-head"><Detail detail={view.detail} /></div>}
      </div>
    </div>
  );
}

export const page: Page = { path: "/posture", component: Posture, keys: [[["J", "K"], "move"], [["Enter"], "look at the check"], [["Esc"], "close it"]], nav: { label: "Posture", short: "Po", group: "Judge", order: 42, count: (header) => countOf(header.counts.posture ?? 0) } };
