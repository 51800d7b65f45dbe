import type { ReactNode } from "react";
import { Refused } from "../api/client";
import { Fan } from "./marks";

type PanelProps = { title?: string; hint?: ReactNode; end?: ReactNode; ruled?: boolean; children: ReactNode; bare?: boolean };

/** A panel with its head. `bare` leaves the body without padding, for tables. */
export function Panel({ title, hint, end, ruled = false, bare = false, children }: PanelProps) {
  return (
    <section className={`panel${ruled ? " ruled" : ""}`} aria-label={title}>
      {title && (
        <header>
          <h2>{title}</h2>
          {hint && <span className="hint">{hint}</span>}
          {end && <span className="end">{end}</span>}
        </header>
      )}
      {bare ? children : <div className="body">{children}</div>}
    </section>
  );
}

type StateProps = { title: string; children: ReactNode; lit?: number[]; missing?: number[]; buttons?: ReactNode; details?: string };

/** Empty and error states: the fan, a title that states the fact, one or two sentences, at most two buttons. */
export function State({ title, children, lit = [], missing = [], buttons, details }: StateProps) {
  return (
    <div className="state" role="status">
      <Fan lit={lit} missing={missing} />
      <h2>{title}</h2>
      <p>{children}</p>
      {buttons && <div className="btns">{buttons}</div>}
      {details && (
        <details>
          <summary>Details</summary>
          <span className="mono">{details}</span>
        </details>
      )}
    </div>
  );
}

/** What a page shows when its data did not come. */
export function Failed({ error, again }: { error: Error; again: () => void }) {
  const refused = error instanceof Refused ? error : null;
  if (refused?.status === 401) {
    return (
      <State title="You are not signed in">
        A link signs you in once and within ten minutes. Run <code className="mono">fanlight sign-in</code> in a terminal on
        this machine and open the link that it prints.
      </State>
    );
  }
  const title = refused?.status === 404 ? "This does not exist" : refused?.status === 0 ? "Fanlight does not answer" : "This page could not be made";
  return (
    <State
      title={title}
      missing={[2, 3]}
      details={refused ? [refused.status || "", refused.details].join(" ").trim() : ""}
      buttons={
        <button type="button" className="btn" onClick={again}>
          Try again
        </button>
      }
    >
      {error.message}
    </State>
  );
}

/** The frame of a table at its final height while it loads. */
export function Waiting({ rows = 12 }: { rows?: number }) {
  return (
    <div className="panel waiting" aria-busy="true" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton" />
      ))}
    </div>
  );
}

type Choice<T extends string> = { value: T; label: string };

/** A row of mutually exclusive buttons. */
export function Toggle<T extends string>(props: { name: string; value: T; choices: Choice<T>[]; onChange: (value: T) => void }) {
  return (
    <span className="toggle" role="group" aria-label={props.name}>
      {props.choices.map((choice) => (
        <button key={choice.value} type="button" aria-pressed={choice.value === props.value} onClick={() => props.onChange(choice.value)}>
          {choice.label}
        </button>
      ))}
    </span>
  );
}
