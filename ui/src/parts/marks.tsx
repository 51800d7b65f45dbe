import type { LabelChip, QueueRow, OpenedRow, SourceRow } from "../api/types";
import { capital } from "../format";

type Severity = QueueRow["severity"];
type Sensitivity = OpenedRow["sensitivity"];

const LEVEL: Record<Severity, number> = { info: 0, low: 1, medium: 2, high: 3, critical: 4 };

/** Severity as word and level bars; critical alone is filled. */
export function SeverityMark({ level }: { level: Severity }) {
  const lit = LEVEL[level];
  return (
    <span className={`sev ${level}`}>
      <svg width="14" height="11" aria-hidden="true">
        {[0, 1, 2, 3].map((bar) => (
          <rect
            key={bar}
            x={bar * 3.6}
            y={8 - bar * 2.5}
            width="2.6"
            height={3 + bar * 2.5}
            fill={bar < lit ? "currentColor" : "var(--line-2)"}
          />
        ))}
      </svg>
      {capital(level)}
    </span>
  );
}

export function Label({ chip, count = false }: { chip: LabelChip; count?: boolean }) {
  return (
    <span className={`label ${chip.family}`}>
      {chip.category}
      {count && chip.count !== null ? ` ${chip.count}` : ""}
    </span>
  );
}

/** At most two labels, one where two have more than `room` letters, then `+3` with the rest on hover. */
export function Labels({ chips, note = "", room = 40 }: { chips: LabelChip[]; note?: string; room?: number }) {
  if (chips.length === 0) return <span className="t3 small">{note}</span>;
  const letters = chips.slice(0, 2).reduce((sum, chip) => sum + chip.category.length, 0);
  const most = letters > room ? 1 : 2;
  const rest = chips.slice(most);
  return (
    <span className="labels">
      {chips.slice(0, most).map((chip) => (
        <Label key={chip.category} chip={chip} />
      ))}
      {rest.length > 0 && (
        <span className="t3 small" title={rest.map((chip) => chip.category).join(", ")}>
          +{rest.length}
        </span>
      )}
    </span>
  );
}

const BLOCKS: Record<Sensitivity, number> = { none: 0, low: 1, moderate: 2, high: 3, not_read: -1 };

/** Three blocks and the word; "not read" has no blocks. */
export function SensitivityMark({ level, word = true }: { level: Sensitivity; word?: boolean }) {
  const lit = BLOCKS[level];
  if (lit < 0) return <span className="t3 small">{word ? "not read" : ""}</span>;
  return (
    <span className="sens" title={`sensitivity ${level}`}>
      <i aria-hidden="true">
        {[0, 1, 2].map((block) => (
          <b key={block} className={block < lit ? "lit" : ""} />
        ))}
      </i>
      {word ? <span className="word">{level}</span> : <span className="sr">sensitivity {level}</span>}
    </span>
  );
}

const HEALTH_WORD: Record<SourceRow["health"], string> = {
  healthy: "Healthy", late: "Late", partial: "Partial", stopped: "Stopped", first_sync: "First sync",
};

/** Health by shape and word. */
export function HealthMark({ health }: { health: SourceRow["health"] }) {
  return (
    <span className={`health ${health}`}>
      <svg width="11" height="11" viewBox="0 0 11 11" aria-hidden="true">
        {health === "healthy" && <circle cx="5.5" cy="5.5" r="4.2" fill="currentColor" />}
        {health === "late" && <path d="M5.5 1 10.500 10H.5z" fill="currentColor" />}
        {health === "stopped" && <path d="M2 2l7 7M9 2l-7 7" stroke="currentColor" strokeWidth="2.2" />}
        {health === "partial" && (
          <>
            <circle cx="5.5" cy="5.5" r="4.2" fill="none" stroke="currentColor" strokeWidth="1.3" />
            <path d="M5.500 1.300a4.200 4.200 0 0 0 0 8.400z" fill="currentColor" />
          </>
        )}
        {health === "first_sync" && (
          <circle cx="5.5" cy="5.5" r="4" fill="none" stroke="currentColor" strokeWidth="1.8" strokeDasharray="4.5 1.800" />
        )}
      </svg>
      {HEALTH_WORD[health]}
    </span>
  );
}

function pane(index: number, count: number, cx: number, cy: number, inner: number, outer: number): string {
  const step = Math.PI / count;
  const gap = 0.035;
  const [from, to] = [Math.PI + index * step + gap, Math.PI + (index + 1) * step - gap];
  const at = (radius: number, angle: number) =>
    `${(cx + radius * Math.cos(angle)).toFixed(2)} ${(cy + radius * Math.sin(angle)).toFixed(2)}`;
  return `M${at(inner, from)}L${at(outer, from)}A${outer} ${outer} 0 0 1 ${at(outer, to)}L${at(inner, to)}A${inner} ${inner} 0 0 0 ${at(inner, from)}Z`;
}

/** The window above the door: lit panes say how much Fanlight can see. `missing` panes are dashed. */
export function Fan({ lit, missing = [] }: { lit: number[]; missing?: number[] }) {
  return (
    <svg className="fan" width="92" height="52" viewBox="0 0 92 52" aria-hidden="true">
      {[0, 1, 2, 3, 4, 5].map((index) => (
        <path
          key={index}
          d={pane(index, 6, 46, 45, 13, 43)}
          className={lit.includes(index) ? "lit" : missing.includes(index) ? "missing" : ""}
        />
      ))}
      <line x1="1" y1="49.5" x2="91" y2="49.5" />
    </svg>
  );
}

export function Mark() {
  return (
    <svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true">
      <path d="M2 24.500V13a11 11 0 0 1 22 0v11.500" fill="none" stroke="var(--text)" strokeWidth="1.8" />
      {[0, 1, 2, 3, 4].map((index) => (
        <path
          key={index}
          d={pane(index, 5, 13, 13, 3.4, 8.6)}
          fill={index === 3 ? "var(--change)" : "var(--usual)"}
        />
      ))}
      <rect x="4.400" y="15" width="17.200" height="9.500" fill="var(--text)" />
    </svg>
  );
}

export const Key = ({ children }: { children: string }) => <kbd className="key">{children}</kbd>;
