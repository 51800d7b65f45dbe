import { useSearch } from "@tanstack/react-router";
import { csv, useAccess, type Days } from "../api/client";
import type { PersonRow } from "../api/types";
import { AccessPicture } from "../charts/picture";
import { date } from "../format";
import { useFrame } from "../frame/context";
import { Csv } from "../parts/csv";
import { useKeys } from "../parts/keys";
import { Name } from "../parts/name";
import { Failed, Panel, State, Waiting } from "../parts/panel";
import { Title } from "../parts/title";
import type { Page } from ".";

function People({ rows, summary, file }: { rows: PersonRow[]; summary: string; file: string }) {
  const { time_zone } = useFrame();
  if (rows.length === 0) return null;
  return (
    <Panel title="People" hint={summary} bare end={<Csv href={file} what="everybody who can reach it" />}>
      <table className="rows facts">
        <thead><tr><th>Who</th><th>Level</th><th>How</th><th className="num">Since</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.id}>
              <td><Name to={`/identities/${row.id}`} className="quiet">{row.name}</Name></td>
              <td>{row.known ? row.level : <span className="t2">unknown: the vendor does not say</span>}</td>
              <td className="t2">{row.how}</td>
              <td className="num t2">{row.since === null ? "–" : date(row.since, time_zone)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Access() {
  const { pivot = "", select, at, since } = useSearch({ strict: false }) as { pivot?: string; select?: string } & Days;
  const { data: view, error, refetch } = useAccess(String(pivot), select ?? null, { at, since });
  useKeys({ r: () => void refetch() });
  if (pivot === "") {
    return (
      <div className="page">
        <State title="Nothing is chosen yet">Search for a person above, open what they can reach, and go on from any box of the picture.</State>
      </div>
    );
  }
  if (error) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  if (!view) return <div className="page"><Waiting /></div>;
  return (
    <div className="page">
      <div className="title"><Title>{view.title}</Title><span className="t2">{view.detail}</span></div>
      <div className="stack">
        <AccessPicture key={view.pivot} picture={view.picture} title="Access" pivot={view.pivot} />
        <People rows={view.people} summary={view.people_summary} file={csv("people", { pivot: view.pivot, at })} />
      </div>
    </div>
  );
}

export const page: Page = { path: "/access", component: Access };
