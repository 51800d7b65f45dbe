import { Menu } from "@mantine/core";
import { useSearch } from "@tanstack/react-router";
import { Fragment, useContext, useEffect, useMemo, useState } from "react";
import { csv, useQueue, type QueueSearch } from "../api/client";
import type { BulkRequest, QueueRow, QueueView, VerdictRequest } from "../api/types";
import { Spark } from "../charts/spark";
import { age, capital, exact, seconds } from "../format";
import { SinceContext, useFrame } from "../frame/context";
import { countOf } from "../frame/shell";
import { Csv } from "../parts/csv";
import { Go, useGo } from "../parts/go";
import { useKeys } from "../parts/keys";
import { Key, Labels, SeverityMark } from "../parts/marks";
import { Name } from "../parts/name";
import { useSay } from "../parts/say";
import { Failed, Panel, State, Toggle, Waiting } from "../parts/panel";
import { Title } from "../parts/title";
import type { Page } from ".";

type Grouping = "nothing" | "rule" | "identity";
type Search = QueueSearch & { group?: Grouping };

const LOWEST = ["info", "low", "medium", "high", "critical"];
const WINDOWS: [string, number | undefined][] = [["any time", undefined], ["last day", 1], ["last 7 days", 7], ["last 30 days", 30]];
const VERDICTS = { true_positive: "true positive", false_positive: "false positive", expected: "expected" };

function Filters({ search, set }: { search: Search; set: (change: Partial<Search>) => void }) {
  const severity = search.severity ?? "info";
  const window = WINDOWS.find(([, days]) => days === search.days)?.[0] ?? `last ${search.days} days`;
  return (
    <div className="bar">
      <Menu>
        <Menu.Target>
          <button type="button" className="btn">Severity from <b>{severity}</b></button>
        </Menu.Target>
        <Menu.Dropdown>
          {LOWEST.map((level) => (
            <Menu.Item key={level} onClick={() => set({ severity: level })}>{capital(level)}</Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu>
        <Menu.Target>
          <button type="button" className="btn">Seen <b>{window}</b></button>
        </Menu.Target>
        <Menu.Dropdown>
          {WINDOWS.map(([label, days]) => (
            <Menu.Item key={label} onClick={() => set({ days })}>{capital(label)}</Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <span className="end">
        Group by
        <Toggle
          name="Group by"
          value={search.group ?? "nothing"}
          choices={[{ value: "nothing", label: "Nothing" }, { value: "rule", label: "Rule" }, { value: "identity", label: "Identity" }]}
          onChange={(group) => set({ group })}
        />
        Sorted by severity, then age
      </span>
    </div>
  );
}

type Doing = "verdict" | "assign" | "snooze";
const HOUR = 3_600_000_000;
const NAPS = [["For 4 hours", 4], ["For a day", 24], ["For a week", 168]] as const;
const CLOSE: { verdict: VerdictRequest["kind"]; label: string }[] = [
  { verdict: "true_positive", label: "Close as true positive" },
  { verdict: "false_positive", label: "Close as false positive, no exception" },
  { verdict: "expected", label: "Close as expected" },
];

type TriageProps = { view: QueueView; chosen: string[]; doing: Doing | null; start: (what: Doing | null) => void; clear: () => void };

/** What can be done with the chosen findings; stands where the filters stood, so that no row moves. */
function Triage({ view, chosen, doing, start, clear }: TriageProps) {
  const { now } = useFrame();
  const { act } = useSay();
  const send = (body: Omit<BulkRequest, "ids">) => {
    start(null);
    act({ path: "/api/findings", body: { ids: chosen, ...body } }, clear);
  };
  const menu = (what: Doing, label: string, key: string, items: [string, () => void][]) => (
    <Menu opened={doing === what} onChange={(opened) => start(opened ? what : null)}>
      <Menu.Target><button type="button" className="btn">{label} <Key>{key}</Key></button></Menu.Target>
      <Menu.Dropdown>{items.map(([name, does]) => <Menu.Item key={name} onClick={does}>{name}</Menu.Item>)}</Menu.Dropdown>
    </Menu>
  );
  return (
    <div className="bar" role="group" aria-label="The chosen findings">
      <b className="count" aria-live="polite">{chosen.length} chosen</b>
      {menu("verdict", "Close with verdict", "E", CLOSE.map(({ verdict, label }) => [label, () => send({ act: "verdict", verdict })]))}
      {menu("assign", "Assign", "A", [...view.people.map((name): [string, () => void] => [name, () => send({ act: "assign", assignee: name })]), ["Nobody", () => send({ act: "assign", assignee: null })]])}
      {menu("snooze", "Snooze", "S", view.tab === "snoozed" ? [["Wake now", () => send({ act: "snooze", until: null })]] : NAPS.map(([label, hours]) => [label, () => send({ act: "snooze", until: now + hours * HOUR })]))}
      <span className="end"><button type="button" className="btn link" onClick={clear}>Choose none <Key>Esc</Key></button></span>
    </div>
  );
}

type RowProps = { row: QueueRow; on: boolean; pick: () => void; open: () => void; chosen: boolean; choose: (() => void) | null };

function Row({ row, on, pick, open, chosen, choose }: RowProps) {
  const { now, time_zone } = useFrame();
  return (
    <tr className={`pick${on ? " on" : ""}${row.new ? " fresh" : ""}`} onMouseDown={pick} onClick={open} aria-selected={on}>
      <td className="box" onClick={(event) => event.stopPropagation()}>
        {choose && <input type="checkbox" checked={chosen} onChange={choose} aria-label={`Choose “${row.title}”`} />}
      </td>
      <td><SeverityMark level={row.severity} /></td>
      <td>
        <div className="cut" title={row.title}>
          {row.new && <span className="chip" style={{ marginRight: 8 }}>new</span>}
          <Go to={`/findings/${row.id}`} className="quiet">{row.title}</Go>
        </div>
        <div className="cut small t2" title={row.sentence}>{row.sentence}</div>
      </td>
      <td>
        <div className="cut">
          {row.who.id ? <Name to={row.who.kind === "project" ? `/access?pivot=project:${row.who.id}` : `/identities/${row.who.id}`} className="quiet plain">{row.who.name}</Name> : row.who.name}
        </div>
        <div className="cut small t3">{row.who.detail}</div>
      </td>
      <td><Labels chips={row.labels} note={row.labels_note} room={17} /></td>
      <td className="num t2" title={exact(row.at, time_zone)}>{age(row.at, now)}</td>
      <td>
        {row.verdict ? <span className="small t2">{VERDICTS[row.verdict]}</span>
          : row.assignee ? <span className="avatar plain" title={row.assignee}>{initials(row.assignee)}</span> : <span className="t3">–</span>}
      </td>
    </tr>
  );
}

const initials = (name: string): string => name.split(" ").map((part) => part.charAt(0)).join("").slice(0, 2).toUpperCase();

function grouped(rows: QueueRow[], by: Grouping): { head: string | null; rows: QueueRow[] }[] {
  if (by === "nothing") return [{ head: null, rows }];
  const groups = new Map<string, QueueRow[]>();
  for (const row of rows) {
    const key = by === "rule" ? row.rule_title : row.who.name;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups].map(([head, members]) => ({ head, rows: members }));
}

type FindingsProps = {
  view: QueueView; group: Grouping; at: number; pick: (row: QueueRow) => void; open: (row: QueueRow) => void;
  chosen: string[]; choose: ((ids: string[]) => void) | null; file: string;
};

function Findings({ view, group, at, pick, open, chosen, choose, file }: FindingsProps) {
  const all = view.rows.every((row) => chosen.includes(row.id));
  const order = grouped(view.rows, group);
  const current = order.flatMap((each) => each.rows)[at];
  return (
    <>
      <table className="rows named">
        <colgroup><col style={{ width: choose ? 32 : 6 }} /><col style={{ width: 98 }} /><col /><col style={{ width: "13.5%" }} /><col style={{ width: 178 }} /><col style={{ width: 62 }} /><col style={{ width: view.tab === "closed" ? 116 : 54 }} /></colgroup>
        <thead>
          <tr><th className="box">{choose && <input type="checkbox" checked={all} onChange={() => choose(all ? [] : view.rows.map((row) => row.id))} aria-label="Choose every finding that is shown" />}</th><th>Severity</th><th>Finding</th><th>Who or what</th><th>Labels on the object</th><th className="num">Age</th><th><span className="sr">Assigned to</span></th></tr>
        </thead>
        <tbody>
          {order.map((each) => (
            <Fragment key={each.head ?? ""}>
              {each.head && <tr className="group"><td colSpan={7}><b>{each.head}</b> · {each.rows.length}</td></tr>}
              {each.rows.map((row) => (
                <Row
                  key={row.id} row={row} on={row === current} pick={() => pick(row)} open={() => open(row)} chosen={chosen.includes(row.id)}
                  choose={choose && (() => choose(chosen.includes(row.id) ? chosen.filter((id) => id !== row.id) : [...chosen, row.id]))}
                />
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
      <div className="last-line"><span>{view.last_line}</span><span className="end"><Csv href={file} what="these findings" /></span></div>
    </>
  );
}

const FROM_THE_SIDES = [0, 5, 1, 4, 2, 3];

function Quiet({ view, search, set }: { view: QueueView; search: Search; set: (change: Partial<Search>) => void }) {
  if (view.sources_connected === 0) {
    return (
      <State title="Nothing is connected yet" buttons={<Go to="/sources?add=claude" className="btn primary">Add the first source</Go>}>
        Fanlight has no source, so it knows nothing. The first one takes a read-only key and about five minutes.
      </State>
    );
  }
  const filters = [search.tab ?? "open", `from ${search.severity ?? "info"}`, ...(search.days ? [`last ${search.days} days`] : [])].join(", ");
  return (
    <State
      title={(search.tab ?? "open") === "open" ? "The queue is empty" : "No finding is here"}
      lit={FROM_THE_SIDES.slice(0, view.panes)}
      missing={FROM_THE_SIDES.slice(view.panes)}
      buttons={search.tab !== "closed" && <button type="button" className="btn" onClick={() => set({ tab: "closed" })}>Show closed</button>}
    >
      No finding matches “{filters}”. {view.seeing}
    </State>
  );
}

function Risk({ view }: { view: QueueView }) {
  if (view.risk.length === 0) return null;
  return (
    <Panel title="Identities by risk">
      <p className="small t3" style={{ marginTop: -8, marginBottom: 6 }}>Score of 100 from open findings, change in 10 days</p>
      <ul className="lines">
        {view.risk.map((row) => (
          <li key={row.identity_id + row.name} style={{ alignItems: "center" }}>
            <span className="cut" style={{ flex: 1 }}>
              <Name to={`/identities/${row.identity_id}`} className="quiet">{row.name}</Name>
              <br />
              <span className="small t3">{row.detail}</span>
            </span>
            <Spark values={row.spark} label={`risk over ten days, now ${row.score}`} />
            <span className="num" style={{ textAlign: "right", minWidth: 28 }}>
              <b>{row.score}</b>
              <br />
              <span className="small t2">{row.change > 0 ? `+${row.change}` : row.change < 0 ? `−${-row.change}` : "±0"}</span>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Blind({ view }: { view: QueueView }) {
  if (view.sources_connected === 0) return null;
  return (
    <Panel title="What Fanlight cannot see now">
      <div className="small t2" style={{ display: "grid", gap: 6 }}>
        {view.blind.map((spot) => <p key={spot.sentence}>{spot.sentence}</p>)}
        {view.blind.length === 0 && <p>Nothing is missing now: every source is within its usual lag.</p>}
        <Go to="/sources">See sources</Go>
      </div>
    </Panel>
  );
}

function Queue() {
  const search = useSearch({ strict: false }) as Search;
  const frame = useFrame();
  const { see } = useContext(SinceContext);
  const { tab, severity, days, limit } = search;
  const request: QueueSearch = { ...(tab && { tab }), ...(severity && { severity }), ...(days && { days }), ...(limit && { limit }) };
  // While another view is on its way the rows are still those of the one before: they are greyed and cannot be acted on.
  const { data: view, error, refetch, isPlaceholderData: pending } = useQueue(request);
  const [picked, pick] = useState<string | null>(null);
  const [wanted, choose] = useState<string[]>([]);
  const [doing, start] = useState<Doing | null>(null);
  const go = useGo();
  const group = search.group ?? "nothing";
  const shown = search.tab ?? "open";
  const rows = useMemo(() => grouped(view?.rows ?? [], group).flatMap((each) => each.rows), [view, group]);
  // The row, not its place, is what is picked: rows that arrive above it do not change it.
  const at = Math.max(0, rows.findIndex((row) => row.id === picked));
  const step = (by: number) => pick(rows[Math.max(0, Math.min(rows.length - 1, at + by))]?.id ?? null);
  // What left the view, by its own act or another's, is chosen no more.
  const chosen = wanted.filter((id) => rows.some((row) => row.id === id));
  const choosable = shown !== "closed" && shown !== "history";
  const begin = (what: Doing) => {
    const row = rows[at];
    if (!choosable || !row || pending) return;
    if (chosen.length === 0) choose([row.id]);
    start(what);
  };
  const set = (change: Partial<Search>) => {
    choose([]);
    go("/", { ...search, ...change });
  };
  const open = (row: QueueRow | undefined) => row && go(`/findings/${row.id}`);

  useEffect(() => see(view?.newest_at ?? null), [view?.newest_at, see]);
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: () => !pending && open(rows[at]),
    r: () => void refetch(),
    x: () => {
      const row = rows[at];
      if (row && choosable && !pending) choose(chosen.includes(row.id) ? chosen.filter((id) => id !== row.id) : [...chosen, row.id]);
    },
    e: (event) => { event.preventDefault(); begin("verdict"); },
    a: (event) => { event.preventDefault(); begin("assign"); },
    s: (event) => { event.preventDefault(); begin("snooze"); },
    Escape: () => choose([]),
  });

  if (error && !view) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  return (
    <div className="page with-foot">
      <div className="title">
        <Title>Queue</Title>
        <span className="t2">{view && view.sources_connected > 0 ? view.summary : ""}</span>
      </div>
      {!view ? <Waiting /> : view.sources_connected === 0 && view.rows.length === 0 ? (
        <section className="panel" aria-label="Findings"><Quiet view={view} search={search} set={set} /></section>
      ) : (
        <>
          <nav className="tabs" aria-label="Saved views">
            {view.tabs.map((each) => (
              <a
                key={each.key}
                href={`/?tab=${each.key}`}
                className={each.key === shown ? "active" : ""}
                aria-current={each.key === shown ? "page" : undefined}
                onClick={(event) => { event.preventDefault(); pick(null); set({ tab: each.key }); }}
              >
                {each.label}<span>{each.count}</span>
              </a>
            ))}
          </nav>
          {chosen.length > 0 ? <Triage view={view} chosen={chosen} doing={doing} start={start} clear={() => choose([])} /> : <Filters search={search} set={set} />}
          <div className="split">
            <section className="panel" aria-label="Findings" aria-busy={pending} inert={pending}>
              {frame.arrived > 0 && (
                <div className="arrival" role="status" aria-live="polite">
                  <span className="chip">{frame.arrived} new</span>
                  arrived{frame.arrived_at !== null && ` at ${seconds(frame.arrived_at, frame.time_zone)}`}. They are not placed while you read.
                  <button type="button" className="btn link" onClick={() => void refetch()}>Show them</button> <Key>R</Key>
                </div>
              )}
              {view.rows.length === 0 ? <Quiet view={view} search={search} set={set} />
                : <Findings view={view} group={group} at={at} pick={(row) => pick(row.id)} open={open} chosen={chosen} choose={choosable ? choose : null} file={csv("queue", { tab, severity, days })} />}
            </section>
            <div className="stack">
              <Risk view={view} />
              <Blind view={view} />
            </div>
          </div>
        </>
      )}
      <footer className="foot">
        <span className="keys"><Key>J</Key><Key>K</Key> move</span>
        <span className="keys"><Key>Enter</Key> open</span>
        <span className="keys"><Key>X</Key> choose</span>
        <span className="keys"><Key>E</Key> close with verdict</span>
        <span className="keys"><Key>S</Key> snooze</span>
        <span className="keys"><Key>A</Key> assign</span>
        <span className="keys"><Key>/</Key> search</span>
        <span className="keys"><Key>?</Key> all keys</span>
        <span className="end">Updated {exact(frame.now, frame.time_zone)}, {frame.time_zone}</span>
      </footer>
    </div>
  );
}

export const page: Page = {
  path: "/",
  component: Queue,
  nav: { label: "Queue", short: "Qu", group: "", order: 1, count: (header) => countOf(header.queue_open) },
};
