import { useId } from "react";
import type { ActivityCell } from "../api/types";

const short = (day: string): string => {
  const [year, month, date] = day.split("-").map(Number);
  return new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" }).format(Date.UTC(year ?? 0, (month ?? 1) - 1, date)).replace("Sept", "Sep");
};

/** One measure a day: line, the usual range as a grey band, today as a diamond. A gap in the feed breaks the line. */
export function Activity({ cell }: { cell: ActivityCell }) {
  const id = useId();
  const [width, height] = [260, 56];
  const top = Math.max(cell.high, ...cell.points.map((point) => point ?? 0), 1);
  const x = (at: number) => 2 + (at * (width - 12)) / Math.max(1, cell.points.length - 1);
  const y = (value: number) => height - 5 - (value / top) * (height - 14);
  const last = cell.points.length - 1;
  const runs: string[] = [];
  let run: string[] = [];
  cell.points.forEach((point, at) => {
    if (point === null) {
      if (run.length) runs.push(run.join(" "));
      run = [];
    } else run.push(`${x(at).toFixed(1)},${y(point).toFixed(1)}`);
  });
  if (run.length) runs.push(run.join(" "));
  const end = cell.points[last];
  return (
    <div className="cell activity">
      <h3>{cell.heading}</h3>
      <p style={{ margin: "0 0 4px" }}><b style={{ fontSize: 18, lineHeight: "24px" }}>{cell.value}</b> <span className="small t2" style={{ marginLeft: 6 }}>{cell.usual}</span></p>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${cell.heading}: ${cell.value}, ${cell.usual}`}>
        <defs>
          <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect className="hatch" width="2.5" height="6" /></pattern>
        </defs>
        <rect className="band" x="0" width={width} y={y(cell.high)} height={Math.max(2, y(cell.low) - y(cell.high))} />
        {cell.points.map((point, at) => point === null && <rect key={at} x={x(at) - 3} width="6" y="2" height={height - 6} fill={`url(#${id})`} />)}
        {runs.map((points) => <polyline key={points} className="line" points={points} />)}
        {end !== null && end !== undefined && <rect className="gem-svg" x={x(last) - 3.6} y={y(end) - 3.6} width="7.2" height="7.2" transform={`rotate(45 ${x(last)} ${y(end)})`} />}
      </svg>
      <div className="days"><span>{short(cell.first_day)}</span><span>{short(cell.last_day)}</span></div>
    </div>
  );
}
