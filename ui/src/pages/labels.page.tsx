import { useSearch } from "@tanstack/react-router";
import { useEffect, type KeyboardEvent } from "react";
import { csv, useMasks, usePage } from "../api/client";
import type { CellThing, CellView, LabelsView, MapCell, MapRow } from "../api/types";
import { figure } from "../format";
import { Csv } from "../parts/csv";
import { Go, useGo } from "../parts/go";
import { useKeys } from "../parts/keys";
import { Label, SensitivityMark } from "../parts/marks";
import { Name } from "../parts/name";
import { Failed, Panel, State, Toggle, Waiting } from "../parts/panel";
import { Title } from "../parts/title";
import type { Page } from ".";
import "./labels.css";

type Asked = { by?: LabelsView["by"]; sensitivity?: "moderate" | "high"; wide?: boolean; start?: number; row?: string; label?: string };

const FAMILY = { people: "People", money: "Money", secrets: "Secrets", business: "Business" };
const FROM = [undefined, "moderate", "high"] as const;
const WIDTHS = { "": "Visible to whole organization: any", wide: "Visible to whole organization: yes" };
const PAGE = 16;

/** Every view is an address; what is not asked for is left out of it. */
function useAsk(asked: Asked) {
  const go = useGo();
  return (change: Partial<Record<keyof Asked, unknown>>) => {
    const wanted = { ...asked, ...change };
    go("/labels", Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined && value !== false)));
  };
}

function Cell({ row, cell, column, on, choose, move }: { row: MapRow; cell: MapCell | null; column: string; on: boolean; choose: () => void; move: (event: KeyboardEvent<HTMLButtonElement>) => void }) {
  if (row.sensitivity === "not_read") return <td className="cell"><span className="heat hatched" title={`${column} in ${row.name}: not read`}><span className="sr">not read</span></span></td>;
  if (cell === null) return <td className="cell"><span className="heat" title={`${column} in ${row.name}: none found`}>·</span></td>;
  const told = `${column} in ${row.name}: ${figure(cell.n)}${cell.new ? ", new in 7 days" : ""}`;
  return (
    <td className="cell">
      <button type="button" className={`heat s${cell.step}${cell.new ? " new" : ""}${on ? " on" : ""}`} aria-pressed={on} aria-label={told} title={told} onClick={choose} onKeyDown={move}>{figure(cell.n)}</button>
    </td>
  );
}

/** Arrow keys go from cell to cell, over those in which nothing was found. */
function move(event: KeyboardEvent<HTMLButtonElement>): void {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const td = event.currentTarget.closest("td");
  const tr = td?.closest("tr");
  if (!step || !td || !tr) return;
  event.preventDefault();
  const rows = [...(tr.parentElement?.children ?? [])];
  let [row, column] = [rows.indexOf(tr), [...tr.children].indexOf(td)];
  for (;;) {
    row += step[0] ?? 0;
    column += step[1] ?? 0;
    const next = rows[row]?.children[column];
    if (!next) return;
    const button = next.querySelector("button");
    if (button) return button.focus();
  }
}

function Head({ view }: { view: LabelsView }) {
  const families = (Object.keys(FAMILY) as (keyof typeof FAMILY)[]).map((family) => ({ family, n: view.columns.filter((column) => column.family === family).length }));
  const lead = view.by === "project" ? 4 : view.by === "owner" ? 3 : 2;
  const named = { project: "Project", owner: "Owner", department: "Department" }[view.by];
  return (
    <thead>
      <tr>
        <th className="gap" colSpan={lead} />
        {families.filter((each) => each.n > 0).map(({ family, n }) => <th key={family} scope="colgroup" className={`family ${family}`} colSpan={n}>{FAMILY[family]}</th>)}
      </tr>
      <tr>
        <th scope="col">{named}</th>
        {view.by === "project" && <th scope="col">Owner</th>}
        {view.by !== "department" && <th scope="col">Department</th>}
        <th scope="col">Sensitivity</th>
        {view.columns.map((column) => <th key={column.category} scope="col" className="category"><span>{column.category}</span></th>)}
      </tr>
    </thead>
  );
}

const STEPS = [["1", "1–9"], ["2", "10–99"], ["3", "100–999"], ["4", "1,000+"]] as const;

function Map({ view, asked, ask, file }: { view: LabelsView; asked: Asked; ask: ReturnType<typeof useAsk>; file: string }) {
  const next = view.start + view.rows.length;
  return (
    <section className="panel" aria-label="Data map">
      <table className={`datamap${view.by === "project" ? "" : " roomy"}`}>
        <colgroup>
          <col />
          {view.by === "project" && <col className="who" />}
          {view.by !== "department" && <col className="dept" />}
          <col className="level" />
          {view.columns.map((column) => <col key={column.category} className="cell" />)}
        </colgroup>
        <Head view={view} />
        <tbody>
          {view.rows.map((row) => (
            <tr key={row.key}>
              <td title={row.name}>{row.link ? <Name to={row.link} className="quiet">{row.name}</Name> : <b style={{ fontWeight: 600 }}>{row.name}</b>}</td>
              {view.by === "project" && <td className="t2" title={row.owner}>{row.owner_link ? <Name to={row.owner_link} className="quiet plain">{row.owner}</Name> : row.owner || (row.key === "" ? "–" : <b>no owner</b>)}</td>}
              {view.by !== "department" && <td className="t2" title={row.department}>{row.department || "–"}</td>}
              <td className="level"><SensitivityMark level={row.sensitivity} /></td>
              {view.columns.map((column, at) => (
                <Cell key={column.category} row={row} cell={row.cells[at] ?? null} column={column.category} move={move}
                  on={asked.row === row.key && asked.label === column.category} choose={() => ask({ row: row.key, label: column.category })} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <div className="last-line">
        <span className="scale" style={{ margin: 0, fontSize: 12, gap: 12 }} aria-hidden="true">
          Matches
          {STEPS.map(([step, words]) => <span key={step}><span className="swatch" style={{ background: `var(--heat-${step})` }} />{words}</span>)}
          <span>· none found</span>
          <span><span className="swatch" style={{ background: "var(--heat-1)", boxShadow: "inset 0 -4px var(--change)" }} />new in 7 days</span>
          <span><span className="swatch hatched" style={{ border: "1px solid var(--line-2)" }} />not read</span>
        </span>
        <span className="end" style={{ display: "flex", gap: 10, whiteSpace: "nowrap" }}>
          <span>{view.last_line}</span>
          {view.start > 0 && <button type="button" className="btn link small" onClick={() => ask({ start: Math.max(0, view.start - PAGE) || undefined })}>previous {PAGE}</button>}
          {next < view.total && <button type="button" className="btn link small" onClick={() => ask({ start: next })}>next {Math.min(PAGE, view.total - next)}</button>}
          <Csv href={file} what="the data map" />
        </span>
      </div>
    </section>
  );
}

function Thing({ thing }: { thing: CellThing }) {
  const masks = useMasks();
  return (
    <li className="thing">
      <div className="line"><b style={{ fontWeight: 600 }}>{thing.title}</b><span className="t2 small" style={{ whiteSpace: "nowrap" }}>{figure(thing.count)}</span></div>
      <div className="line small">
        <SensitivityMark level={thing.sensitivity} />
        {!masks.data && <button type="button" className="btn link small" onClick={() => masks.mutate({ kind: thing.kind, object: thing.id })}>See masked evidence<span className="sr"> of {thing.title}</span></button>}
      </div>
      {masks.data && (
        <>
          <ul className="lines small" style={{ marginTop: 4 }}>
            {masks.data.rows.slice(0, 8).map((row, at) => <li key={at}><span><b>{row.type}</b><br /><span className="t3">{row.where}</span></span><span className="mono" style={{ textAlign: "right" }}>{row.mask}{row.count > 1 && `, ${row.count - 1} more`}</span></li>)}
          </ul>
          <p className="aside-line" style={{ marginTop: 4 }}>{masks.data.audited}</p>
        </>
      )}
      {masks.error && <p className="aside-line" role="alert">{masks.error.message}</p>}
    </li>
  );
}

function CellPanel({ cell, close }: { cell: CellView; close: () => void }) {
  return (
    <Panel title={cell.title} end={<button type="button" className="btn link" onClick={close}>Close</button>}>
      <p style={{ marginBottom: 8 }}><Label chip={{ category: cell.label, family: cell.family, count: null }} /></p>
      <p className="t2">{cell.sentence}</p>
      <div className="figures" style={{ margin: "10px 0" }}>{cell.figures.map((each) => <div key={each.label}><b>{each.value}</b><span>{each.label}</span></div>)}</div>
      <h3 className="cell-head" style={{ borderTop: "1px solid var(--line)", paddingTop: 8 }}>Where it is <span className="t3" style={{ fontWeight: 400 }}>the most sensitive first; text is never shown</span></h3>
      <ul>{cell.things.map((thing) => <Thing key={thing.kind + thing.id} thing={thing} />)}</ul>
      {cell.last_line && <p className="small t3" style={{ margin: "4px 0 6px" }}>{cell.last_line}</p>}
      <p className="small t3" style={{ marginTop: 6 }}>{cell.recognizers}</p>
      {cell.link && <p style={{ marginTop: 10 }}><Go to={cell.link} className="btn">Who can reach it</Go></p>}
    </Panel>
  );
}

function Labels() {
  const asked = useSearch({ strict: false }) as Asked;
  const ask = useAsk(asked);
  const by = asked.by ?? "project";
  const query = { by, sensitivity: asked.sensitivity, wide: asked.wide ? "true" : undefined };
  const { data: view, error, refetch, isPlaceholderData } = usePage<LabelsView>("labels", { ...query, start: asked.start, row: asked.row, label: asked.label });
  const close = () => ask({ row: undefined, label: undefined });
  useKeys({ r: () => void refetch(), Escape: () => asked.label !== undefined && close() });
  useEffect(() => { if (view && view.start > 0 && view.rows.length === 0 && !isPlaceholderData) ask({ start: undefined }); }, [view, isPlaceholderData]);
  if (error) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  if (!view) return <div className="page"><Waiting rows={16} /></div>;
  const filtered = asked.sensitivity !== undefined || asked.wide === true;
  return (
    <div className="page">
      <div className="title"><Title>Labels</Title><span className="t2">{view.summary}</span></div>
      <div className="bar">
        <Toggle name="Rows" value={by} onChange={(value) => ask({ by: value === "project" ? undefined : value, start: undefined, row: undefined, label: undefined })}
          choices={[{ value: "project", label: "By project" }, { value: "department", label: "By department" }, { value: "owner", label: "By owner" }]} />
        <button type="button" className="btn" onClick={() => ask({ sensitivity: FROM[(FROM.indexOf(asked.sensitivity) + 1) % FROM.length], start: undefined })}>Sensitivity from <b>{asked.sensitivity ?? "none"}</b></button>
        {by === "project" && <button type="button" className={`btn${asked.wide ? " on" : ""}`} aria-pressed={asked.wide === true} onClick={() => ask({ wide: asked.wide ? undefined : true, start: undefined })}>{WIDTHS[asked.wide ? "wide" : ""]}</button>}
        <span className="end">{view.period}</span>
      </div>
      <div className={view.cell ? "split with-cell" : ""} aria-busy={isPlaceholderData}>
        <div className="stack">
          {view.rows.length > 0 ? <Map view={view} asked={asked} ask={ask} file={csv("labels", query)} /> : (
            <section className="panel">
              {filtered ? (
                <State title="Nothing fits this choice" lit={[0, 1, 2, 3, 4, 5]} buttons={<Go to="/labels" className="btn">Show all</Go>}>No {by} matches what is chosen above. That says nothing of what was not read.</State>
              ) : view.read === 0 ? (
                <State title="Nothing was read yet" buttons={<Go to="/sources" className="btn">See sources</Go>}>Labels come from chats and files, which are read in memory and never stored. A source that may read them has to be connected.</State>
              ) : (
                <State title="No sensitive data is found" lit={[0, 1, 2, 3, 4, 5]}>{view.summary}.</State>
              )}
            </section>
          )}
          {view.not_read.length > 0 && (
            <Panel title="Not read" hint="not read is never shown as clean" end={<Go to="/sources">See sources</Go>}>
              <ul className="unread t2">{view.not_read.map((each) => <li key={each.strong + each.sentence}><b>{each.strong}</b> {each.sentence}</li>)}</ul>
            </Panel>
          )}
        </div>
        {view.cell && <CellPanel key={view.cell.row + view.cell.label} cell={view.cell} close={close} />}
      </div>
    </div>
  );
}

export const page: Page = { path: "/labels", component: Labels, keys: [[["←", "→", "↑", "↓"], "from cell to cell"], [["Enter"], "look at the cell"], [["Esc"], "close it"]], nav: { label: "Labels", short: "La", group: "", order: 30, count: () => "" } };
