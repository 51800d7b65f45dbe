import { Fragment, useState, type ReactNode } from "react";
import type { Step } from "../api/types";
import { exact, seconds, weekday } from "../format";
import { useFrame } from "../frame/context";
import { Csv } from "./csv";
import { Labels } from "./marks";
import { Panel, State, Toggle } from "./panel";

type Shown = "story" | "all" | "table";

function Line({ step, starts }: { step: Step; starts: boolean }) {
  const { time_zone } = useFrame();
  return (
    <li className={`step ${step.mark}`} title={exact(step.at, time_zone)}>
      <span className="mono t2">{seconds(step.at, time_zone)}</span>
      <span className="source cut">{step.source}</span>
      <span className="axis" />
      <span className="text">
        <span>{step.text}</span>
        {step.labels.length > 0 && <Labels chips={step.labels} room={Math.min(40, 75 - step.text.length)} />}
        {starts && step.mark === "anchor" && <span className="starts">starts this finding</span>}
        {step.mark === "new" && <span className="sr">new for this identity</span>}
      </span>
      <span className="mono place cut" title={step.place ?? ""}>{step.place}</span>
    </li>
  );
}

function List({ steps, starts }: { steps: Step[]; starts: boolean }) {
  const { time_zone } = useFrame();
  let before = "";
  return (
    <ol className="chain">
      {steps.map((step, at) => {
        const day = weekday(step.at, time_zone);
        const turned = day !== before;
        before = day;
        return (
          <Fragment key={`${step.at}-${at}`}>
            {turned && <li className="day">{day}</li>}
            <Line step={step} starts={starts} />
          </Fragment>
        );
      })}
    </ol>
  );
}

const MARK = { usual: "usual", new: "new", anchor: "starts the finding", gap: "gap", context: "" };

function Table({ steps }: { steps: Step[] }) {
  const { time_zone } = useFrame();
  return (
    <table className="rows facts">
      <thead><tr><th>Time</th><th>Source</th><th>What</th><th>Mark</th><th>Address</th><th>Event</th></tr></thead>
      <tbody>
        {steps.map((step, at) => (
          <tr key={`${step.at}-${at}`}>
            <td className="mono" style={{ whiteSpace: "nowrap" }}>{exact(step.at, time_zone)}</td>
            <td>{step.source}</td><td>{step.text}</td><td className="t2">{MARK[step.mark]}</td>
            <td className="mono">{step.place ?? "–"}</td>
            <td className="mono cut" style={{ maxWidth: 120 }} title={step.event_id ?? ""}>{step.event_id ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

type ChainProps = { file?: string; title: string; summary: string; steps: Step[]; folded?: number; starts?: boolean; empty?: ReactNode };

/** Events in time order, oldest first, with three views of the same. */
export function ChainPanel({ file, title, summary, steps, folded = 0, starts = false, empty }: ChainProps) {
  const [shown, show] = useState<Shown>("story");
  const story = steps.filter((step) => step.story);
  const choices: { value: Shown; label: string }[] = [
    { value: "story", label: "Story" },
    ...(story.length < steps.length ? [{ value: "all" as const, label: "All events" }] : []),
    { value: "table", label: "Table" },
  ];
  return (
    <Panel title={title} hint={summary} bare end={<>{file && steps.length > 0 && <Csv href={file} what={title.toLowerCase()} />}<Toggle name="View" value={shown} choices={choices} onChange={show} /></>}>
      {steps.length === 0 ? <State title="No event is shown here" missing={[2, 3]}>{empty}</State>
        : shown === "table" ? <Table steps={steps} /> : <List steps={shown === "story" ? story : steps} starts={starts} />}
      {shown === "story" && folded > 0 && (
        <div className="last-line"><span>{folded} more under All events.</span></div>
      )}
    </Panel>
  );
}
