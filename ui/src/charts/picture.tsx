import { Menu } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useAccess, type Days } from "../api/client";
import { useMemo, useState, type KeyboardEvent } from "react";
import type { Picture, PictureNode } from "../api/types";
import { date, dayWords, exact, isoDay } from "../format";
import { useFrame } from "../frame/context";
import { Go } from "../parts/go";
import { useKeys } from "../parts/keys";
import { Label, SensitivityMark } from "../parts/marks";
import { Name } from "../parts/name";
import { Panel, Toggle } from "../parts/panel";
import { place, through, type Placed } from "./layout";

const TOP = 26;

function curve(from: Placed, to: Placed): string {
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + 16, to.x, to.y + 16];
  const bend = Math.min(26, (x2 - x1) * 0.6);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

function Box(props: { node: PictureNode; at: Placed; lit: boolean; selected: boolean; select: () => void; move: (event: KeyboardEvent) => void }) {
  const { node, at, lit, selected } = props;
  const marks = [lit && "lit", selected && "selected", node.more && "more", node.change].filter(Boolean).join(" ");
  // As many labels as leave the text whole.
  let space = at.width - 30 - node.text.length * 6.4;
  const room = node.labels.filter((chip) => (space -= chip.category.length * 7.6 + 22) > 0).length || (node.labels.length ? 1 : 0);
  return (
    <button
      type="button"
      id={`node-${node.id}`}
      className={`node ${marks}`}
      style={{ left: at.x, top: at.y + TOP, width: at.width }}
      aria-pressed={selected}
      tabIndex={selected ? 0 : -1}
      title={node.text}
      onClick={props.select}
      onKeyDown={props.move}
    >
      {node.sensitivity && node.sensitivity !== "not_read" && <SensitivityMark level={node.sensitivity} word={false} />}
      <span className="cut">{node.text}</span>
      {node.change && <span className="sr">{node.change === "added" ? ", new since then" : ", no longer"}</span>}
      {node.count && <span className="n">{node.count}</span>}
      {node.labels.slice(0, room).map((chip) => <Label key={chip.category} chip={chip} />)}
      {node.labels.length > room && <span className="n">+{node.labels.length - room}</span>}
    </button>
  );
}

function Drawing({ picture, selected, select }: { picture: Picture; selected: string | null; select: (id: string) => void }) {
  const { ref, width } = useElementSize();
  const drawn = useMemo(() => (width > 0 ? place(picture, width) : null), [picture, width]);
  const lit = useMemo(() => (selected ? through(picture, selected) : new Set<string>()), [picture, selected]);
  const move = (node: PictureNode) => (event: KeyboardEvent) => {
    if (!drawn) return;
    const here = drawn.nodes.get(node.id);
    const beside = [...drawn.nodes.values()].filter((each) => each.column === here?.column).sort((a, b) => a.y - b.y);
    const row = beside.findIndex((each) => each.id === node.id);
    const along = (from: "source" | "target", to: "source" | "target") => picture.edges.find((edge) => edge[from] === node.id)?.[to];
    const next = {
      ArrowUp: beside[row - 1]?.id, ArrowDown: beside[row + 1]?.id, ArrowRight: along("source", "target"), ArrowLeft: along("target", "source"),
    }[event.key];
    if (next) {
      event.preventDefault();
      select(next);
      document.getElementById(`node-${next}`)?.focus();
    }
  };
  return (
    <div className="picture" ref={ref} style={{ height: drawn ? drawn.height + TOP + 6 : 300 }}>
      {drawn && (
        <>
          {picture.columns.map((column, at) => (
            <span key={column.heading} className="column-head" style={{ left: drawn.columns[at]?.x, maxWidth: (drawn.columns[at]?.width ?? 0) + 28 }} title={`${column.heading} ${column.total}`}>
              <b>{column.heading}</b> {column.total}
            </span>
          ))}
          <svg width="100%" height={drawn.height + TOP} aria-hidden="true">
            <g transform={`translate(0 ${TOP})`}>
              {[...picture.edges]
                .map((edge) => ({ ...edge, on: lit.has(edge.source) && lit.has(edge.target) }))
                .sort((a, b) => Number(a.on) - Number(b.on))
                .map((edge) => {
                  const [from, to] = [drawn.nodes.get(edge.source), drawn.nodes.get(edge.target)];
                  if (!from || !to) return null;
                  return <path key={`${edge.source} ${edge.target}`} d={curve(from, to)} className={`edge${edge.wide ? " wide" : ""}${edge.on ? " lit" : ""}${edge.known ? "" : " unknown"}`} />;
                })}
            </g>
          </svg>
          {picture.columns.flatMap((column) =>
            column.nodes.map((node) => {
              const at = drawn.nodes.get(node.id);
              return at && <Box key={node.id} node={node} at={at} lit={lit.has(node.id)} selected={node.id === selected} select={() => select(node.id)} move={move(node)} />;
            }),
          )}
        </>
      )}
    </div>
  );
}

/** The same as rows: one line a project with the way to it. */
function PathTable({ picture }: { picture: Picture }) {
  const name = new Map(picture.columns.flatMap((column) => column.nodes.map((node) => [node.id, node] as const)));
  const columnOf = new Map(picture.columns.flatMap((column, at) => column.nodes.map((node) => [node.id, at] as const)));
  const last = picture.columns.length - 1;
  const up = (id: string, column: number) => [...through(picture, id)].filter((each) => columnOf.get(each) === column).map((each) => name.get(each)?.text).join("; ");
  return (
    <table className="rows facts">
      <thead><tr><th>Project</th><th>Resources</th><th>Project role</th><th>Organization</th><th>Organization role</th></tr></thead>
      <tbody>
        {(picture.columns[last - 1]?.nodes ?? []).map((node) => (
          <tr key={node.id}>
            <td>
              {node.change === "removed" ? <s className="t3">{node.text}</s> : node.link ? <Name to={node.link}>{node.text}</Name> : node.text} <span className="t3">{node.count}</span>
              {node.change && <span className={node.change === "added" ? "chip" : "small t3"}>{node.change === "added" ? "new" : "no longer"}</span>}
            </td>
            <td>{up(node.id, last) || "–"}</td><td>{up(node.id, 3) || "–"}</td><td>{up(node.id, 2) || "–"}</td><td>{up(node.id, 1) || "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const BACK = [["a week before", 7], ["30 days before", 30], ["90 days before", 90]] as const;
const DAY = 86_400_000_000;

/** The day that is shown and the day it is compared with; both stand in the address. */
function DaysOf({ picture, days, own }: { picture: Picture; days: Days; own: boolean }) {
  const { now, time_zone } = useFrame();
  const navigate = useNavigate();
  const location = useLocation();
  const set = (change: Days) => {
    const wanted = { ...(location.search as Record<string, unknown>), ...days, ...change };
    const search = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
    void navigate({ to: location.pathname as never, search: search as never, resetScroll: false });
  };
  const shown = days.at ? Date.parse(`${days.at}T12:00:00Z`) * 1000 : now;
  const before = (from: number, back: number) => isoDay(from - back * DAY, time_zone);
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target><button type="button" className="btn slim" title={exact(picture.as_of, time_zone)}>As of {days.at ? dayWords(days.at) : date(picture.as_of, time_zone)}</button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => set({ at: undefined, since: undefined })}>Today</Menu.Item>
          {BACK.map(([, back]) => <Menu.Item key={back} onClick={() => set({ at: before(now, back), since: undefined })}>{dayWords(before(now, back))}</Menu.Item>)}
        </Menu.Dropdown>
      </Menu>
      {own && (
        <Menu position="bottom-end">
          <Menu.Target>
            <button type="button" className="btn slim">
              {days.since ? <>Since {dayWords(days.since)}: <b>+{picture.added} −{picture.removed}</b></> : "Compare with another day"}
            </button>
          </Menu.Target>
          <Menu.Dropdown>
            {BACK.map(([words, back]) => <Menu.Item key={back} onClick={() => set({ since: before(shown, back) })}>{dayWords(before(shown, back))}, {words}</Menu.Item>)}
            {days.since && <Menu.Item onClick={() => set({ since: undefined })}>Compare with nothing</Menu.Item>}
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}

export function AccessPicture({ picture: today, title, pivot }: { picture: Picture; title: string; pivot: string }) {
  const { at, since } = useLocation({ select: (location) => location.search as Days });
  const [chosen, choose] = useState<string | null>(null);
  const [shown, show] = useState<"picture" | "table">("picture");
  // The server words the path of what was chosen, and draws other days; until it answers, the box says what it is.
  const dated = at !== undefined || since !== undefined;
  const asked = useAccess(chosen === null && !dated ? "" : pivot, chosen ?? (dated ? today.selected : null), { at, since });
  const answered = asked.data && !asked.isPlaceholderData;
  const picture = dated && asked.data ? asked.data.picture : today;
  const pending = dated && !answered && !asked.error;
  const nodes = picture.columns.flatMap((column) => column.nodes);
  const selected = chosen !== null && nodes.some((node) => node.id === chosen) ? chosen : picture.selected;
  const node = nodes.find((each) => each.id === selected);
  const told = asked.error ? asked.error.message : chosen === null ? picture.sentence : asked.data && answered ? asked.data.picture.sentence : "";
  useKeys({ t: () => show((now) => (now === "table" ? "picture" : "table")) });
  return (
    <Panel
      title={title}
      hint={picture.summary}
      bare
      end={
        <>
          <DaysOf picture={picture} days={{ at, since }} own={pivot.startsWith("identity:")} />
          <Toggle name="View" value={shown} choices={[{ value: "picture", label: "Picture" }, { value: "table", label: "Table" }]} onChange={show} />
        </>
      }
    >
      <div aria-busy={pending} className={pending ? "pending" : ""}>
        {shown === "table" ? <PathTable picture={picture} /> : <Drawing picture={picture} selected={selected} select={choose} />}
      </div>
      {picture.note && <p className="note aside-line" style={{ margin: "0 14px 8px" }}>{picture.note}</p>}
      <div className="selected-path" aria-live="polite">
        <b style={{ whiteSpace: "nowrap" }}>{node ? "Selected path" : "No path selected"}</b>
        <span className="t2">{told || node?.sentence || node?.text || "Select a box to see every path through it."}</span>
        {node?.link && <span className="end">{node.link.startsWith("/identities/") ? <Name to={node.link}>{node.link_text || "Open"}</Name> : <Go to={node.link}>{node.link_text || "Open"}</Go>}</span>}
      </div>
    </Panel>
  );
}
