import { useParams } from "@tanstack/react-router";
import { csv, useIdentity } from "../api/client";
import type { AccountRow, IdentityView, PostureFact } from "../api/types";
import { Activity } from "../charts/activity";
import { CompareCell } from "../charts/compare";
import { AccessPicture } from "../charts/picture";
import { age, date, exact } from "../format";
import { useFrame } from "../frame/context";
import { ChainPanel } from "../parts/chain";
import { Csv } from "../parts/csv";
import { Facts } from "../parts/facts";
import { Go } from "../parts/go";
import { useKeys } from "../parts/keys";
import { Labels, SeverityMark } from "../parts/marks";
import { Failed, Panel, State, Waiting } from "../parts/panel";
import { Title } from "../parts/title";
import type { Page } from ".";

function Accounts({ rows, summary, file }: { rows: AccountRow[]; summary: string; file: string }) {
  const { time_zone } = useFrame();
  return (
    <Panel title="Linked accounts" hint={summary} bare end={<Csv href={file} what="the linked accounts" />}>
      <table className="rows facts">
        <thead><tr><th>Source</th><th>Login</th><th>Id</th><th>Why it is linked</th><th>Evidence</th><th className="num">Since</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.source + row.id + row.login}>
              <td><b style={{ fontWeight: 600 }}>{row.source}</b></td>
              <td className={row.active ? "" : "t3"}>{row.login}{!row.active && " (not active)"}</td>
              <td className="mono t3" style={{ whiteSpace: "nowrap" }}>{row.id}</td>
              <td className="t2">{row.why}</td>
              <td className={row.evidence === "suggested" ? "" : "t2"}>{row.evidence === "suggested" ? <b>suggested</b> : row.evidence}</td>
              <td className="num t2" style={{ paddingLeft: 16 }}>{row.since === null ? "–" : date(row.since, time_zone)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Findings({ identity }: { identity: IdentityView }) {
  const { now } = useFrame();
  if (identity.open_findings.length === 0) return null;
  return (
    <Panel title="Open findings" hint={`${identity.open_findings.length}, worst first`} bare>
      <table className="rows named">
        <colgroup><col style={{ width: 104 }} /><col /><col style={{ width: 190 }} /><col style={{ width: 70 }} /></colgroup>
        <tbody>
          {identity.open_findings.map((row) => (
            <tr key={row.id}>
              <td><SeverityMark level={row.severity} /></td>
              <td>
                <div className="cut"><Go to={`/findings/${row.id}`} className="quiet">{row.title}</Go></div>
                <div className="cut small t2" title={row.sentence}>{row.sentence}</div>
              </td>
              <td><Labels chips={row.labels} note={row.labels_note} room={17} /></td>
              <td className="num t2">{age(row.at, now)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

const STATUS = { pass: "Passes", fail: "Fails", unknown: "Unknown" };

function Posture({ rows }: { rows: PostureFact[] }) {
  if (rows.length === 0) return null;
  return (
    <Panel title="Posture" hint="checks that name this identity">
      <ul>
        {rows.map((row) => (
          <li key={row.check + row.title} style={{ marginBottom: 10 }}>
            {row.status === "fail" ? <SeverityMark level={row.severity} /> : <span className="t2">{STATUS[row.status]}</span>}{" "}
            <b style={{ fontWeight: 600, marginLeft: 6 }}>{row.title}</b>
            <br /><span className="small t2">{row.sentence}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Identity() {
  const { identity: id } = useParams({ strict: false }) as { identity: string };
  const { data: identity, error, refetch } = useIdentity(id);
  const { time_zone } = useFrame();
  useKeys({ r: () => void refetch() });
  if (error) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  if (!identity) return <div className="page"><Waiting /></div>;
  const open = identity.open_findings;
  return (
    <div className="page">
      <div className="title">
        <Title>{identity.name}</Title>
        <span className="t2">{identity.detail}</span>
        {identity.severity && <SeverityMark level={identity.severity} />}
        {open[0] && (
          <Go to={`/findings/${open[0].id}`}>{open.length} open {open.length === 1 ? "finding" : "findings"}</Go>
        )}
        {!open[0] && <span className="t3">no open finding</span>}
      </div>
      <div className="stack">
        <div className="top-pair">
          <Panel title="Facts" end={<span className="t3">as of {exact(identity.as_of, time_zone).slice(0, -3)}</span>}><Facts facts={identity.facts} /></Panel>
          <Accounts rows={identity.accounts} summary={identity.accounts_summary} file={csv(`accounts/${identity.id}`)} />
        </div>
        {identity.picture ? <AccessPicture picture={identity.picture} title={`What ${identity.name} can reach`} pivot={`identity:${identity.id}`} /> : (
          <Panel title={`What ${identity.name} can reach`}>
            <State title="There is no access picture yet" missing={[2, 3]}>{identity.picture_missing}</State>
          </Panel>
        )}
        <Findings identity={identity} />
        {identity.activity.length > 0 && (
          <Panel title="Activity against baseline" hint={identity.activity_summary} ruled bare>
            <div className="quad">{identity.activity.map((cell) => <Activity key={cell.heading} cell={cell} />)}</div>
          </Panel>
        )}
        <div className="split key-panel">
          <ChainPanel title="Time line" file={csv(`timeline/${identity.id}`)} summary={identity.timeline_summary} steps={identity.timeline} empty="No connected source has named this identity." />
          <div className="stack">
            {identity.hours && <section className="panel" aria-label="Hour of week"><CompareCell cell={identity.hours} /></section>}
            <Posture rows={identity.posture} />
          </div>
        </div>
      </div>
    </div>
  );
}

export const page: Page = { path: "/identities/$identity", component: Identity };
