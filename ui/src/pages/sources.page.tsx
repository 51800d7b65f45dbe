import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { csv, useSources, useTestSource } from "../api/client";
import type { KeyField, SourceKind, SourceRow, SourcesView, TestedSource } from "../api/types";
import { ago, exact, figure, large } from "../format";
import { useFrame } from "../frame/context";
import { Csv } from "../parts/csv";
import { Facts } from "../parts/facts";
import { Go, useGo } from "../parts/go";
import { useKeys } from "../parts/keys";
import { HealthMark } from "../parts/marks";
import { Failed, Panel, State, Waiting } from "../parts/panel";
import { useSay } from "../parts/say";
import { Title } from "../parts/title";
import type { Page } from ".";

type Search = { source?: string; add?: string };

function HourBars({ row }: { row: SourceRow }) {
  if (row.by_hour.every((n) => n === null || n === 0)) return <span className="small t3">{row.hour_note || "nothing in 24 h"}</span>;
  const top = Math.max(1, ...row.by_hour.map((n) => n ?? 0));
  return (
    <span className="hourbars" role="img" aria-label={`Events by hour, highest ${figure(top)}`}>
      {row.by_hour.map((n, at) => (
        <i key={at} className={n === null ? "unknown" : ""} title={n === null ? "unknown" : figure(n)} style={n === null ? undefined : { height: `${Math.max(4, (n / top) * 100)}%` }} />
      ))}
    </span>
  );
}

function Table({ view, chosen }: { view: SourcesView; chosen: string | undefined }) {
  const { now, time_zone } = useFrame();
  const go = useGo();
  return (
    <section className="panel" aria-label="Connected sources">
      <table className="rows sources">
        <thead>
          <tr><th>Source</th><th>Health</th><th className="num">Newest event</th><th className="num">Lag, p95 24 h</th><th className="num">Backlog</th><th className="num">Events, 24 h</th><th>By hour</th></tr>
        </thead>
        <tbody>
          {view.rows.map((row) => (
            <tr key={row.name} className={`pick${row.name === chosen ? " on" : ""}`} onClick={() => go("/sources", { source: row.name })}>
              <td>
                <Go to="/sources" search={{ source: row.name }} className="quiet">{row.title}</Go>
                <div className="small t3">{row.detail}</div>
              </td>
              <td><HealthMark health={row.health} /></td>
              <td className="num t2" title={row.newest_event_at === null ? "" : exact(row.newest_event_at, time_zone)}>{row.newest_event_at === null ? "–" : ago(row.newest_event_at, now, time_zone)}</td>
              <td className="num t2">{row.lag}</td>
              <td className="num">{row.backlog === null ? <b>unknown</b> : row.backlog > 0 ? <b>{figure(row.backlog)}</b> : <span className="t2">0</span>}</td>
              <td className="num">{large(row.events_24h)}</td>
              <td><HourBars row={row} /></td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="last-line"><span>{view.rows.length} shown. None below.</span><span className="end"><Csv href={csv("sources")} what="the sources" /></span></div>
    </section>
  );
}

function Detail({ row }: { row: SourceRow }) {
  const { time_zone } = useFrame();
  return (
    <Panel title={row.title} hint={row.name} end={<Go to="/sources">Close</Go>} ruled>
      <p style={{ marginBottom: 8 }}><HealthMark health={row.health} /> <span className="t2" style={{ marginLeft: 8 }}>{row.detail}</span></p>
      {row.progress && (
        <div style={{ marginBottom: 12 }}>
          <h3 className="cell-head">First sync</h3>
          <div className={`meter${row.progress.share === null ? " unknown" : ""}`} role="progressbar" aria-label="First sync" aria-valuemin={0} aria-valuemax={100} {...(row.progress.share !== null && { "aria-valuenow": Math.round(row.progress.share * 100) })}>
            {row.progress.share !== null && <i style={{ width: `${row.progress.share * 100}%` }} />}
          </div>
          <p className="small t2" style={{ marginTop: 5 }}>{row.progress.sentence}</p>
        </div>
      )}
      <Facts facts={[
        { label: "Newest event", value: row.newest_event_at === null ? "none yet" : exact(row.newest_event_at, time_zone), strong: false, chip: null, link: null },
        { label: "Backlog", value: row.backlog === null ? "unknown" : figure(row.backlog), strong: false, chip: null, link: null },
        ...row.facts,
      ]} />
      <h3 className="cell-head" style={{ marginTop: 14 }}>What went wrong</h3>
      {row.problems.length === 0 && <p className="small t2">Nothing in the last 14 days.</p>}
      {row.problems.map((problem) => (
        <p key={`${problem.at}${problem.sentence}`} className="aside-line" style={{ marginBottom: 6 }}>
          <span className="t3">{exact(problem.at, time_zone)}</span><br />{problem.sentence}
        </p>
      ))}
    </Panel>
  );
}

function Unseen({ view }: { view: SourcesView }) {
  if (view.unseen.length === 0) return null;
  return (
    <Panel title="What Fanlight does not see" hint={view.unseen_summary} ruled bare end={<Csv href={csv("not-seen")} what="what is not seen" />}>
      <table className="rows">
        <tbody>
          {view.unseen.map((row) => (
            <tr key={row.name + row.sentence}>
              <td style={{ width: 160, verticalAlign: "top", padding: "9px 8px 9px 14px" }}><b style={{ fontWeight: 600 }}>{row.name}</b></td>
              <td className="t2" style={{ padding: "9px 14px 9px 8px" }}><span style={{ display: "block", maxWidth: "88ch" }}>{row.sentence}</span></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

const SCOPE = { found: ["✓", "found", "var(--ok)"], missing: ["–", "missing", "var(--text-3)"], too_much: ["△", "more than needed", "var(--medium)"] } as const;

function Understand({ tested, back }: { tested: TestedSource; back: () => void }) {
  const { act } = useSay();
  const go = useGo();
  return (
    <>
      <span className="cell-head">Key</span>
      <p style={{ display: "flex", gap: 8, alignItems: "center", border: "1px solid var(--control)", borderRadius: 5, padding: "5px 10px", margin: "4px 0 6px", background: "var(--bg)" }}>
        <span className="mono cut" title={tested.key_shape}>{tested.key_shape.split(",")[0]}</span>
        <span className="small t3 cut">{tested.key_shape.split(",").slice(1).join(",")}</span>
        <button type="button" className="btn link" style={{ marginLeft: "auto" }} onClick={back}>Paste another</button>
      </p>
      <p className="t2" role="status">
        {tested.headline} {tested.owner && <>It is {tested.owner}.</>} {tested.works && "When you start it is stored encrypted, and only the collector reads it."}
      </p>
      {tested.warnings.map((warning) => <p key={warning} className="notice small" style={{ marginTop: 8, borderLeftColor: "var(--medium)" }}>{warning}</p>)}
      {tested.scopes.length > 0 && (
        <>
          <h3 className="cell-head" style={{ marginTop: 14 }}>Scopes found</h3>
          <ul>
            {tested.scopes.map((scope) => {
              const [sign, word, colour] = SCOPE[scope.state];
              return (
                <li key={scope.name} style={{ display: "grid", gridTemplateColumns: "20px 1fr", padding: "5px 0", borderBottom: "1px solid var(--line)" }}>
                  <span style={{ color: colour, fontWeight: 700 }} title={word}>{sign}<span className="sr">{word}</span></span>
                  <span><span className="mono">{scope.name}</span><br /><span className="small t2">{scope.gives}</span></span>
                </li>
              );
            })}
          </ul>
        </>
      )}
      {(tested.collected.length > 0 || tested.not_collected.length > 0) && (
        <>
          <h3 className="cell-head" style={{ margin: "14px 0 4px" }}>With this key</h3>
          <div className="small" style={{ display: "grid", gridTemplateColumns: tested.not_collected.length > 4 || tested.collected.length === 0 ? "1fr" : "1fr 1fr", gap: "10px 16px" }}>
            {([["Will be collected", "+", tested.collected], ["Will not be collected", "–", tested.not_collected]] as const).filter(([, , lines]) => lines.length > 0).map(([head, sign, lines]) => (
              <div key={head}>
                <b>{head}</b>
                <ul style={{ marginTop: 4 }}>
                  {lines.map((line) => (
                    <li key={line} style={{ display: "grid", gridTemplateColumns: "14px 1fr", marginBottom: 4 }} className="t2">
                      <span style={{ color: sign === "+" ? "var(--ok)" : "var(--text-3)", fontWeight: 650 }}>{sign}</span>{line}
                    </li>
                  ))}
                </ul>
              </div>
            ))}
          </div>
        </>
      )}
      {tested.how_to.length > 0 && (
        <>
          <h3 className="cell-head" style={{ marginTop: 14 }}>What to do</h3>
          <ol className="steps small">{tested.how_to.map((line, at) => <li key={line}><span className="n">{at + 1}</span><span>{line}</span></li>)}</ol>
        </>
      )}
      {tested.works && <p className="aside-line" style={{ margin: "14px 0" }}>Nothing is collected yet. {tested.estimate}</p>}
      <div style={{ display: "flex", gap: 8, marginTop: 12 }}>
        {tested.works && (
          <button type="button" className="btn primary" onClick={() => act({ path: "/api/sources", body: { draft: tested.draft } }, () => go("/sources"))}>Start collecting</button>
        )}
        <button type="button" className="btn" onClick={back}>Back</button>
      </div>
    </>
  );
}

function Paste({ kinds, kind, rows, test }: { kinds: SourceKind[]; kind: SourceKind; rows: SourceRow[]; test: ReturnType<typeof useTestSource> }) {
  const [replace, setReplace] = useState(false);
  const [values, setValues] = useState<Record<string, string>>({});
  const [name, setName] = useState("");
  const go = useGo();
  const ready = kind.fields.every((field) => !field.required || values[field.name]?.trim());
  const options = Object.fromEntries(kind.fields.flatMap((field) => (values[field.name]?.trim() ? [[field.name, values[field.name]?.trim() ?? ""]] : [])));
  const entry = (field: KeyField) => (
    <label key={field.name} className="field">
      <span>{field.label}</span>
      {field.lines ? (
        <textarea
          className="mono secret" rows={3} placeholder={field.placeholder} autoComplete="off" spellCheck={false}
          value={values[field.name] ?? ""} onChange={(event) => setValues({ ...values, [field.name]: event.target.value })}
        />
      ) : <input
        type={field.secret ? "password" : "text"} className={field.secret ? "mono" : ""} placeholder={field.placeholder} autoComplete="off" spellCheck={false}
        value={values[field.name] ?? ""} onChange={(event) => setValues({ ...values, [field.name]: event.target.value })}
      />}
      {field.hint && field.hint.replace(/\.$/, "") !== field.label && <small>{field.hint}</small>}
    </label>
  );
  const rest = kind.fields.filter((field) => !field.required);
  const chosen = name.trim() || kind.kind;
  const taken = rows.some((row) => row.name === chosen);
  return (
    <form
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        test.mutate({ kind: kind.kind, name: chosen, options, replace: taken && replace });
      }}
    >
      {kinds.length > 1 && (
        <label className="field">
          <span>Kind</span>
          <select value={kind.kind} onChange={(event) => go("/sources", { add: event.target.value })}>
            {kinds.map((each) => <option key={each.kind} value={each.kind}>{each.title}</option>)}
          </select>
        </label>
      )}
      {kind.how_to.length > 0 && (
        <ol className="steps small t2" style={{ marginBottom: 14 }}>{kind.how_to.map((line, at) => <li key={line}><span className="n">{at + 1}</span><span>{line}</span></li>)}</ol>
      )}
      {kind.fields.filter((field) => field.required).map(entry)}
      <label className="field">
        <span>Name of this source, optional</span>
        <input value={name} placeholder={kind.kind} pattern="[a-zA-Z0-9][a-zA-Z0-9_.\-]*" maxLength={60} onChange={(event) => setName(event.target.value)} />
      </label>
      {taken && (
        <label className="small t2" style={{ display: "flex", gap: 8, marginBottom: 12 }}>
          <input type="checkbox" checked={replace} onChange={(event) => setReplace(event.target.checked)} />
          <span>There is a source named {chosen}: give it this key. Its settings and its place in the feed stay.</span>
        </label>
      )}
      {rest.length > 0 && (
        <details className="rest">
          <summary>{rest.length === 1 ? "1 more setting, optional" : `${rest.length} more settings, all optional`}</summary>
          {rest.map(entry)}
        </details>
      )}
      {test.error && <p className="notice small" role="alert" style={{ marginBottom: 10 }}>{test.error.message}</p>}
      <button type="submit" className="btn primary" disabled={!ready || test.isPending}>{test.isPending ? "Testing the key" : "Test the key"}</button>
    </form>
  );
}

function Add({ view, wanted }: { view: SourcesView; wanted: string }) {
  const test = useTestSource();
  const kind = view.kinds.find((each) => each.kind === wanted) ?? view.kinds[0];
  if (!kind) return null;
  const tested = test.data?.kind === kind.kind ? test.data : undefined;
  return (
    <Panel title={`Add ${kind.title}`} end={<><span className="t3">Step {tested ? 2 : 1} of 3</span><Go to="/sources">Close</Go></>} ruled>
      {tested ? <Understand tested={tested} back={() => test.reset()} /> : <Paste key={kind.kind} kinds={view.kinds} kind={kind} rows={view.rows} test={test} />}
    </Panel>
  );
}

function Sources() {
  const search = useSearch({ strict: false }) as Search;
  const { data: view, error, refetch } = useSources();
  useKeys({ r: () => void refetch() });
  if (error && !view) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  if (!view) return <div className="page"><Waiting /></div>;
  const row = view.rows.find((each) => each.name === search.source);
  const side = search.add !== undefined || row !== undefined;
  const first = view.kinds[0]?.kind ?? "claude";
  return (
    <div className="page">
      <div className="title">
        <Title>Data sources</Title>
        <span className="t2">{view.summary}</span>
        <span className="end">{search.add === undefined && view.kinds.length > 0 && <Go to="/sources" search={{ add: first }} className="btn primary">Add a source</Go>}</span>
      </div>
      <div className={side ? "split key-panel" : ""}>
        <div className="stack">
          {view.rows.length === 0 ? (
            <section className="panel">
              <State title="Nothing is connected yet" buttons={search.add === undefined && <Go to="/sources" search={{ add: first }} className="btn primary">Add the first source</Go>}>
                Fanlight has no source, so it knows nothing. The first one takes a read-only key and about five minutes.
              </State>
            </section>
          ) : <Table view={view} chosen={row?.name} />}
          <Unseen view={view} />
        </div>
        {search.add !== undefined ? <Add view={view} wanted={search.add} /> : row && <Detail row={row} />}
      </div>
    </div>
  );
}

export const page: Page = {
  path: "/sources",
  component: Sources,
  nav: { label: "Sources", short: "So", group: "Operate", order: 50, count: (header) => header.sources_note },
};
