import { Menu } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { csv, useFinding, useMasks } from "../api/client";
import type { FindingView, ObjectCard, Opened, VerdictRequest, WhyRow } from "../api/types";
import { UsualAgainstObserved } from "../charts/compare";
import { exact, minutes, seconds } from "../format";
import { useFrame } from "../frame/context";
import { ChainPanel } from "../parts/chain";
import { Csv } from "../parts/csv";
import { Facts } from "../parts/facts";
import { Go, useGo } from "../parts/go";
import { useKeys } from "../parts/keys";
import { Key, Label, Labels, SensitivityMark, SeverityMark } from "../parts/marks";
import { Name } from "../parts/name";
import { Failed, Panel, Waiting } from "../parts/panel";
import { useSay } from "../parts/say";
import { Title } from "../parts/title";
import type { Page } from ".";

const HOUR = 3_600_000_000;

function Head({ finding, path }: { finding: FindingView; path: string }) {
  const { now, time_zone } = useFrame();
  const { act } = useSay();
  return (
    <>
      <div className="crumbs">
        <Go to="/">Queue</Go> <span>/</span> <span>{finding.open ? "Open" : "Closed"}</span> <span>/</span>
        <span className="mono">{finding.short_id}</span>
        {finding.place && (
          <span className="end">{finding.place.index} of {finding.place.total} <Key>K</Key><Key>J</Key></span>
        )}
      </div>
      <div className="title" style={{ marginBottom: 4 }}>
        <Title>{finding.title}</Title>
        {finding.open && <span className="end">
          <Menu position="bottom-end">
            <Menu.Target><button type="button" className="btn">Assign</button></Menu.Target>
            <Menu.Dropdown>
              {finding.people.map((name) => (
                <Menu.Item key={name} onClick={() => act({ path: `${path}/assignee`, body: { assignee: name } })}>{name}</Menu.Item>
              ))}
              {finding.assignee && <Menu.Item onClick={() => act({ path: `${path}/assignee`, body: { assignee: null } })}>Nobody</Menu.Item>}
            </Menu.Dropdown>
          </Menu>
          {finding.snoozed_until !== null ? (
            <button type="button" className="btn" onClick={() => act({ path: `${path}/snooze`, body: { until: null } })}>Wake</button>
          ) : (
            <Menu position="bottom-end">
              <Menu.Target><button type="button" className="btn">Snooze</button></Menu.Target>
              <Menu.Dropdown>
                {([["For 4 hours", 4], ["For a day", 24], ["For a week", 168]] as const).map(([label, hours]) => (
                  <Menu.Item key={label} onClick={() => act({ path: `${path}/snooze`, body: { until: now + hours * HOUR } })}>{label}</Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          )}
        </span>}
      </div>
      <p className="why">{finding.sentence}</p>
      <div className="meta">
        <SeverityMark level={finding.severity} />
        <span>{finding.status}{finding.snoozed_until !== null && `, snoozed until ${exact(finding.snoozed_until, time_zone)}`}</span>
        <span>{finding.assignee ? <>Assigned to <b>{finding.assignee}</b></> : "Assigned to nobody"}</span>
        <span>Rule <span className="mono">{finding.rule}</span>, version {finding.rule_version}, {finding.rule_record}</span>
        {finding.attack.length > 0 && <span>ATT&CK {finding.attack.join(", ")}</span>}
      </div>
    </>
  );
}

function Why({ rows }: { rows: WhyRow[] }) {
  return (
    <Panel title="Why this is a finding" bare>
      <table className="rows facts">
        <thead><tr><th style={{ width: "20%" }}>What</th><th style={{ width: "36%" }}>Observed</th><th>Usual</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.fact + row.observed}>
              <td className="t2">{row.fact}</td>
              <td>{row.unknown ? <span className="t2">{row.observed}</span> : <><span className="gem" style={{ marginRight: 8 }} /><b>{row.observed}</b></>}</td>
              <td className="t2" style={{ padding: "5px 14px 5px 8px" }}>{row.usual}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function OpenedPanel({ opened, file }: { opened: Opened; file: string }) {
  const { time_zone } = useFrame();
  return (
    <Panel title="What was opened" hint={opened.summary} bare end={<Csv href={file} what="what was opened" />}>
      <table className="rows facts">
        <thead><tr><th>Time</th><th>Chat, file or project</th><th>Labels</th><th>Sensitivity</th><th className="num">Opened earlier</th></tr></thead>
        <tbody>
          {opened.rows.map((row, at) => (
            <tr key={`${row.at}-${at}`}>
              <td className="mono" title={exact(row.at, time_zone)}>{seconds(row.at, time_zone)}</td>
              <td>{row.title}</td>
              <td><Labels chips={row.labels} note={row.sensitivity === "not_read" ? "–" : "none found"} /></td>
              <td><SensitivityMark level={row.sensitivity} /></td>
              <td className="num">{row.earlier}×</td>
            </tr>
          ))}
        </tbody>
      </table>
      {opened.last_line && <div className="last-line">{opened.last_line}</div>}
    </Panel>
  );
}

function Card({ card }: { card: ObjectCard }) {
  const masks = useMasks();
  return (
    <Panel title={card.heading} end={<span className="t3">text is never shown</span>}>
      <p style={{ fontWeight: 650, fontSize: 12, marginBottom: 8 }}>{card.title}</p>
      <dl className="facts">
        <dt>Sensitivity</dt><dd><SensitivityMark level={card.sensitivity} /></dd>
        <dt>Labels</dt>
        <dd>
          {card.labels.map((chip) => (
            <div key={chip.category} style={{ marginBottom: 3 }}>
              <Label chip={chip} /> {chip.count !== null && <span className="t2">{chip.count} {chip.count === 1 ? "match" : "matches"}</span>}
            </div>
          ))}
          {card.labels.length === 0 && <span className="t2">{card.sensitivity === "not_read" ? "not read" : "none found"}</span>}
        </dd>
      </dl>
      <div style={{ height: 6 }} />
      <Facts facts={card.facts} />
      {masks.data && (
        <div style={{ marginTop: 10, borderTop: "1px solid var(--line)", paddingTop: 8 }}>
          <h3 className="cell-head">Evidence, masked</h3>
          <ul className="lines small">
            {masks.data.rows.map((row, at) => (
              <li key={at}>
                <span><b>{row.type}</b><br /><span className="t3">{row.where}</span></span>
                <span className="mono" style={{ textAlign: "right" }}>{row.mask}{row.count > 1 && `, ${row.count - 1} more`}</span>
              </li>
            ))}
          </ul>
          <p className="small t3" style={{ margin: "6px 0" }}>{masks.data.recognizers} Nothing else of the text is kept, so nothing else can be shown.</p>
          <p className="aside-line">{masks.data.audited}</p>
        </div>
      )}
      {masks.error && <p className="aside-line" role="alert" style={{ marginTop: 8 }}>{masks.error.message}</p>}
      <div style={{ display: "flex", gap: 8, marginTop: 10 }}>
        {card.vendor_url && <a className="btn" href={card.vendor_url} target="_blank" rel="noreferrer noopener">Open in Claude</a>}
        {card.masked_rows > 0 && !masks.data && (
          <button type="button" className="btn" onClick={() => masks.mutate({ kind: card.kind, object: card.id })}>See masked evidence</button>
        )}
      </div>
    </Panel>
  );
}

function Right({ finding, path }: { finding: FindingView; path: string }) {
  const { time_zone } = useFrame();
  const { act } = useSay();
  const [text, setText] = useState("");
  return (
    <div className="stack">
      {finding.card && <Card card={finding.card} />}
      {finding.path && (
        <Panel title="Access path" end={<span className="t3">as of {exact(finding.path.as_of, time_zone).slice(0, -3)}</span>}>
          <ol className="path">
            {finding.path.steps.map((step, at) => (
              <li key={at} className={step.known ? "" : "unknown"}>{step.text} <span className="small t3">{step.detail}</span></li>
            ))}
          </ol>
          {finding.path.now && <p className="aside-line" style={{ marginTop: 4 }}>{finding.path.now}</p>}
        </Panel>
      )}
      {finding.blast && (
        <Panel title={`Blast radius of ${finding.blast.name}`} end={<span className="t3">now</span>}>
          <div className="figures">
            {finding.blast.numbers.map((number) => <div key={number.label}><b>{number.value}</b><span>{number.label}</span></div>)}
          </div>
          <p style={{ marginTop: 6 }}><Name to={`/identities/${finding.blast.identity_id}`}>What {finding.blast.name} can reach</Name></p>
        </Panel>
      )}
      {finding.runbook.length > 0 && (
        <Panel title="Runbook">
          <ol className="steps small">
            {finding.runbook.map((step) => <li key={step.number}><span className="n">{step.number}</span><span>{step.text}</span></li>)}
          </ol>
        </Panel>
      )}
      <Panel title="Similar findings"><p className="small t2">{finding.similar}</p></Panel>
      <Panel title="Notes">
        {finding.notes.map((note) => (
          <p key={`${note.at}${note.text}`} className="small" style={{ marginBottom: 8, overflowWrap: "anywhere" }}>
            <b>{note.author}</b> <span className="t3" title={exact(note.at, time_zone)}>{minutes(note.at, time_zone)}</span><br />{note.text}
          </p>
        ))}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim()) act({ path: `${path}/notes`, body: { text: text.trim() } }, () => setText(""));
          }}
        >
          <textarea className="inp" rows={2} value={text} maxLength={4000} placeholder="What you did or learned" aria-label="Note" onChange={(event) => setText(event.target.value)} />
          <button type="submit" className="btn" style={{ marginTop: 6 }} disabled={!text.trim()}>Add note</button>
        </form>
      </Panel>
    </div>
  );
}

type Kind = VerdictRequest["kind"];
const CHOICES: { kind: Kind; label: string; key: string; follows: string; button: string }[] = [
  { kind: "true_positive", label: "True positive", key: "T", follows: "Closes the finding as true. It counts for the rule’s record and stays in every export.", button: "Close as true positive" },
  { kind: "false_positive", label: "False positive", key: "F", follows: "Closes the finding as false. No exception is made; the rule goes on as it is.", button: "Close as false positive" },
  { kind: "expected", label: "Expected", key: "V", follows: "Closes the finding as true but expected, for example declared travel. It does not count against the rule.", button: "Close as expected" },
];

function VerdictBar({ finding, path }: { finding: FindingView; path: string }) {
  const [kind, choose] = useState<Kind | null>(null);
  const [dimension, setDimension] = useState<string | null>(null);
  const { act } = useSay();
  const { time_zone } = useFrame();
  useEffect(() => { choose(null); setDimension(finding.exceptions[0]?.dimension ?? null); }, [finding.id, finding.exceptions]);
  const chosen = CHOICES.find((each) => each.kind === kind);
  const preview = finding.exceptions.find((each) => each.dimension === dimension);
  const close = (withException: boolean) => {
    if (!kind) return;
    act({ path: `${path}/verdict`, body: { kind, reason: "", exception_dimension: withException ? dimension : null } }, () => choose(null));
  };
  useKeys({
    t: () => finding.open && choose("true_positive"),
    f: () => finding.open && choose("false_positive"),
    v: () => finding.open && choose("expected"),
    Escape: () => choose(null),
    Enter: () => close(kind === "false_positive" && preview !== undefined),
  });
  if (!finding.open) {
    const given = finding.verdict;
    return (
      <div className="verdict" role="region" aria-label="Verdict">
        <div className="follows">
          <b>{finding.status}.</b> {given && <>By {given.by}, {exact(given.at, time_zone)}. {given.sentence}</>}
          {given?.exception_sentence && <><br />Exception: {given.exception_sentence}.</>}
        </div>
        <div className="do">
          {given?.exception_id && (
            <button type="button" className="btn" onClick={() => act({ path: `/api/exceptions/${given.exception_id}/revoke` })}>Revoke the exception</button>
          )}
        </div>
      </div>
    );
  }
  return (
    <div className="verdict" role="region" aria-label="Verdict">
      <div className="choices">
        {CHOICES.map((each) => (
          <button key={each.kind} type="button" className={`btn${each.kind === kind ? " on" : ""}`} aria-pressed={each.kind === kind} onClick={() => choose(each.kind === kind ? null : each.kind)}>
            {each.label} <Key>{each.key}</Key>
          </button>
        ))}
      </div>
      <div className="follows" aria-live="polite">
        {kind === "false_positive" && preview ? (
          <>
            <b>Narrowest exception:</b> {preview.sentence}.{" "}
            {finding.exceptions.length > 1 && (
              <Menu position="top-start">
                <Menu.Target><button type="button" className="btn link" style={{ fontSize: 12 }}>Change</button></Menu.Target>
                <Menu.Dropdown>
                  {finding.exceptions.map((each) => (
                    <Menu.Item key={each.dimension} onClick={() => setDimension(each.dimension)}>{each.sentence}</Menu.Item>
                  ))}
                </Menu.Dropdown>
              </Menu>
            )}
            <br />
            <span style={preview.hidden_true > 0 ? { color: "var(--high)", fontWeight: 600 } : undefined}>{preview.consequence}</span>
          </>
        ) : chosen ? chosen.follows : "Choose what this was. Nothing is preselected."}
      </div>
      {chosen && (
        <div className="do">
          {kind === "false_positive" && preview && <button type="button" className="btn" onClick={() => close(false)}>Close only</button>}
          <button type="button" className="btn primary" onClick={() => close(kind === "false_positive" && preview !== undefined)}>
            {kind === "false_positive" && preview ? "Close with exception" : chosen.button} <Key>↵</Key>
          </button>
        </div>
      )}
    </div>
  );
}

function Finding() {
  const { finding: id } = useParams({ strict: false }) as { finding: string };
  const { data: finding, error, refetch } = useFinding(id);
  const go = useGo();
  const move = (to: string | null | undefined) => to && go(`/findings/${to}`);
  useKeys({ j: () => move(finding?.place?.next), k: () => move(finding?.place?.previous), r: () => void refetch() });
  if (error) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  if (!finding) return <div className="page"><Waiting /></div>;
  const path = `/api/findings/${encodeURIComponent(id)}`;
  return (
    <div className="page with-verdict">
      <Head finding={finding} path={path} />
      <div className="split wide-right">
        <div className="stack">
          {finding.comparison ? <UsualAgainstObserved comparison={finding.comparison} /> : <Why rows={finding.why} />}
          <ChainPanel
            title="Chain of evidence" file={csv(`evidence/${id}`)} summary={finding.chain.summary} steps={finding.chain.steps} folded={finding.chain.folded} starts
            empty="The events of this finding are older than the kept time, or the source has not sent them."
          />
          {finding.opened && <OpenedPanel opened={finding.opened} file={csv(`opened/${id}`)} />}
          {finding.comparison && finding.why.length > 0 && <Why rows={finding.why} />}
        </div>
        <Right finding={finding} path={path} />
      </div>
      <VerdictBar finding={finding} path={path} />
    </div>
  );
}

export const page: Page = { path: "/findings/$finding", component: Finding };
