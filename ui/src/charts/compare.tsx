import { useState } from "react";
import type { BarsCell, Comparison, EarlyCell, FactsCell, HoursCell, LongitudePoint } from "../api/types";
import { figure } from "../format";
import { Panel } from "../parts/panel";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

function Bars({ cell }: { cell: BarsCell }) {
  const top = Math.max(...cell.rows.map((row) => row.share), 0.0001);
  return (
    <>
      <ul className="bars">
        {cell.rows.map((row) => (
          <li key={row.name} className={row.observed ? "observed" : ""}>
            <span className="cut" title={row.name}>{row.name}</span>
            <span className="track">
              {row.share > 0 && <span className="fill" style={{ width: `${(row.share / top) * 100}%` }} />}
              {row.observed && <span className="gem" style={{ position: "absolute", left: `${(row.share / top) * 96}%` }} />}
            </span>
            <span className="value">{row.text}</span>
          </li>
        ))}
      </ul>
      {cell.strip.length > 0 && <Longitudes points={cell.strip} />}
    </>
  );
}

// Continents as plain boxes on the line of longitudes: no borders to dispute.
const CONTINENTS: [string, number, number][] = [["Americas", -125, -35], ["Europe, Africa", -18, 45], ["Asia, Oceania", 60, 160]];

function Longitudes({ points }: { points: LongitudePoint[] }) {
  const [width, y] = [332, 30];
  const x = (longitude: number) => ((longitude + 180) / 360) * width;
  const usual = points.filter((point) => !point.observed);
  const observed = points.filter((point) => point.observed);
  const main = usual.reduce<LongitudePoint | undefined>((best, point) => (best && best.share >= point.share ? best : point), undefined);
  const anchor = (longitude: number) => (longitude < -120 ? "start" : longitude > 110 ? "end" : "middle");
  const near = observed.some((point) => main && Math.abs(x(point.longitude) - x(main.longitude)) < 96);
  return (
    <svg viewBox={`0 0 ${width} 62`} width="100%" style={{ maxWidth: width, marginTop: 6, display: "block" }} role="img" aria-label={`Longitudes: usual ${main?.name ?? "none"}, observed ${observed.map((point) => point.name).join(", ")}`}>
      <line x1="0" x2={width} y1={y} y2={y} stroke="var(--line-2)" />
      {CONTINENTS.map(([name, from, to]) => (
        <g key={name}>
          <rect x={x(from)} y={y - 5} width={x(to) - x(from)} height="10" fill="var(--sunken)" stroke="var(--line-2)" strokeWidth="0.8" rx="2" />
          <text x={(x(from) + x(to)) / 2} y={y + 21} textAnchor="middle" style={{ fontSize: 11 }}>{name}</text>
        </g>
      ))}
      {observed.map((point) => main && <line key={point.name} x1={x(point.longitude)} x2={x(main.longitude)} y1={y} y2={y} stroke="var(--change-edge)" strokeDasharray="3 2.5" strokeWidth="1.3" />)}
      {usual.map((point) => <circle key={point.name} cx={x(point.longitude)} cy={y} r={3 + 5 * Math.sqrt(point.share)} fill="var(--usual)" />)}
      {main && <text x={near && (observed[0]?.longitude ?? 0) < main.longitude ? x(main.longitude) + 2 : x(main.longitude)} y="14" textAnchor={near ? ((observed[0]?.longitude ?? 0) < main.longitude ? "start" : "end") : anchor(main.longitude)}>{main.name}</text>}
      {observed.map((point) => (
        <g key={point.name}>
          <rect className="gem-svg" x={x(point.longitude) - 4} y={y - 4} width="8" height="8" transform={`rotate(45 ${x(point.longitude)} ${y})`} />
          <text x={near && main && point.longitude < main.longitude ? x(point.longitude) + 4 : x(point.longitude)} y="14" textAnchor={near && main ? (point.longitude < main.longitude ? "end" : "start") : anchor(point.longitude)} style={{ fill: "var(--text)", fontWeight: 650 }}>{point.name}</text>
        </g>
      ))}
    </svg>
  );
}

const STEPS = [0, 1, 3, 6, 10];

function steps(top: number): number[] {
  return top <= 20 ? STEPS : [0, 1, Math.ceil(top * 0.1), Math.ceil(top * 0.3), Math.ceil(top * 0.6)];
}

export function Hours({ cell }: { cell: HoursCell }) {
  const edges = steps(Math.max(...cell.hours));
  const level = (n: number) => edges.filter((edge) => n >= edge).length - 1;
  const name = (at: number) => `${DAYS[Math.floor(at / 24)]} ${String(at % 24).padStart(2, "0")} h`;
  return (
    <>
      <div className="hours" role="img" aria-label={`${cell.heading}. ${cell.note}`}>
        {DAYS.map((day, row) => [
          <span key={day}>{day}</span>,
          ...cell.hours.slice(row * 24, row * 24 + 24).map((n, hour) => {
            const at = row * 24 + hour;
            const now = cell.observed.includes(at);
            return <i key={at} className={now ? "now" : `h${level(n)}`} title={`${name(at)}: ${figure(n)}${now ? ", observed" : ""}`} />;
          }),
        ])}
        <span />
        {["00", "06", "12", "18"].map((hour) => <span key={hour} className="axis">{hour}</span>)}
      </div>
      <div className="scale" aria-hidden="true">
        events an hour
        {edges.map((edge, at) => (
          <span key={edge}>
            <i style={{ background: `var(--hour-${at})` }} />
            {at === 0 ? "0" : at === edges.length - 1 ? `${edge}+` : (edges[at + 1] ?? 0) - 1 > edge ? `${edge}–${(edges[at + 1] ?? 0) - 1}` : edge}
          </span>
        ))}
        {cell.observed.length > 0 && <span><i style={{ background: "var(--change)", outline: "1px solid var(--change-edge)" }} />observed</span>}
      </div>
    </>
  );
}

function Facts({ cell }: { cell: FactsCell }) {
  return (
    <ul className="lines small">
      {cell.rows.map((row) => (
        <li key={row.label}>
          <span className="t2" style={{ whiteSpace: "nowrap" }}>{row.label}</span>
          <span style={{ textAlign: "right" }}>{row.strong ? <b>{row.value}</b> : row.value}</span>
        </li>
      ))}
    </ul>
  );
}

type Cell = BarsCell | HoursCell | FactsCell | EarlyCell;

function Data({ cell }: { cell: Cell }) {
  if (cell.kind === "early") return <p className="small t2">{cell.sentence}</p>;
  const rows: [string, string][] =
    cell.kind === "bars" ? cell.rows.map((row) => [row.name, row.text])
      : cell.kind === "facts" ? cell.rows.map((row) => [row.label, row.value])
        : cell.hours.flatMap((n, at): [string, string][] => {
          const now = cell.observed.includes(at);
          return n || now ? [[`${DAYS[Math.floor(at / 24)]} ${String(at % 24).padStart(2, "0")} h`, `${n}${now ? ", observed" : ""}`]] : [];
        });
  return (
    <ul className="lines small" style={{ maxHeight: 190, overflow: "auto" }} tabIndex={0}>
      {rows.map(([name, value]) => <li key={name}><span className="t2">{name}</span><span className="num">{value}</span></li>)}
    </ul>
  );
}

/** One cell: heading, chart or the reason why there is none, and its sentence. */
export function CompareCell({ cell, data = false }: { cell: Cell; data?: boolean }) {
  return (
    <div className="cell">
      <h3>{cell.heading}</h3>
      {data || cell.kind === "early" ? <Data cell={cell} />
        : cell.kind === "bars" ? <Bars cell={cell} />
          : cell.kind === "hours" ? <Hours cell={cell} /> : <Facts cell={cell} />}
      {cell.kind !== "early" && cell.note && <p className="note">{cell.note}</p>}
    </div>
  );
}

export function UsualAgainstObserved({ comparison }: { comparison: Comparison }) {
  const [shown, show] = useState<"charts" | "data">("charts");
  return (
    <Panel
      title="Usual against observed"
      hint={`Usual: ${comparison.usual} Observed: ${comparison.observed}`}
      ruled
      bare
      end={<button type="button" className="btn link" style={{ fontSize: 12 }} aria-pressed={shown === "data"} onClick={() => show(shown === "data" ? "charts" : "data")}>{shown === "data" ? "Show charts" : "Show data"}</button>}
    >
      <div className="cells">
        {comparison.cells.map((cell) => <CompareCell key={cell.heading} cell={cell} data={shown === "data"} />)}
        {comparison.cells.length % 2 === 1 && comparison.cells.length > 1 && <div className="cell" />}
      </div>
    </Panel>
  );
}
