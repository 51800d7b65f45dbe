import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { csv, useAccess, usePage, type Days } from "../api/client";
import type { Hit, PersonRow, ReachView } from "../api/types";
import { AccessPicture } from "../charts/picture";
import { date, exact, figure } from "../format";
import { useFrame } from "../frame/context";
import { Csv } from "../parts/csv";
import { Go, useGo } from "../parts/go";
import { useKeys } from "../parts/keys";
import { SensitivityMark } from "../parts/marks";
import { flyoutOf, Name } from "../parts/name";
import { Failed, Panel, State, Waiting } from "../parts/panel";
import { Picker } from "../parts/picker";
import { Title } from "../parts/title";
import type { Page } from ".";
import "./access.css";

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

/** The pivot of a search hit: both kinds of pages carry it in their address. */
const pivotOf = (hit: Hit): string => flyoutOf(hit.link) ?? "";

/** Who can reach what: one of the two fields asks what or who, both ask why. */
function Question() {
  const [who, setWho] = useState<Hit | null>(null);
  const [what, setWhat] = useState<Hit | null>(null);
  const go = useGo();
  const asked = who && what ? `Explain how ${who.title} reaches ${what.title}` : who ? `Show what ${who.title} can reach` : what ? `Show who can reach ${what.title}` : "Show the paths";
  const ask = () => {
    if (who) go("/access", { pivot: pivotOf(who), ...(what && { select: pivotOf(what) }) });
    else if (what) go("/access", { pivot: pivotOf(what) });
  };
  return (
    <Panel title="Ask" hint="one field tells what or who, both tell why">
      <form className="ask" onSubmit={(event) => { event.preventDefault(); ask(); }}>
        <Picker label="Who" placeholder="anybody" kind="identity" value={who} choose={setWho} />
        <span className="word">can reach</span>
        <Picker label="What" placeholder="anything; a project by its name" kind="project" value={what} choose={setWhat} />
        <button type="submit" className="btn primary" disabled={!who && !what} title={asked} aria-label={asked}>{who && what ? "Explain" : "Show"}</button>
      </form>
    </Panel>
  );
}

function Reachers({ view }: { view: ReachView }) {
  return (
    <Panel title="Who reaches most" hint={view.people_line} bare end={<Csv href={csv("reach-of-people")} what="everybody’s reach" />}>
      <table className="rows facts">
        <thead><tr><th>Who</th><th>Department</th><th className="num">Projects</th><th className="num">Chats, files</th><th className="num">Sensitive</th></tr></thead>
        <tbody>
          {view.people.map((row) => (
            <tr key={row.id}>
              <td><Name to={`/identities/${row.id}`} className="quiet">{row.name}</Name></td><td className="t2">{row.department || "–"}</td>
              <td className="num t2">{figure(row.projects)}</td><td className="num t2">{figure(row.resources)}</td><td className="num"><b>{figure(row.sensitive)}</b></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function OpenProjects({ view }: { view: ReachView }) {
  return (
    <Panel title="What is open widest" hint={view.projects_line} bare end={<Csv href={csv("open-projects")} what="projects by how many can open them" />}>
      <table className="rows facts">
        <thead><tr><th>Project</th><th>Sensitivity</th><th>Open to</th><th className="num">People</th><th className="num">Sensitive in it</th></tr></thead>
        <tbody>
          {view.projects.map((row) => (
            <tr key={row.id}>
              <td><Name to={`/access?pivot=project:${row.id}`} className="quiet">{row.name}</Name></td><td><SensitivityMark level={row.sensitivity} /></td>
              <td className="t2">{row.wide || "named people and groups"}</td><td className="num"><b>{figure(row.people)}</b></td><td className="num t2">{figure(row.sensitive)} of {figure(row.things)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Openers({ view }: { view: ReachView }) {
  return (
    <Panel title="Groups and roles that open most" hint={view.openers_line} bare end={<Csv href={csv("groups-and-roles")} what="groups and roles" />}>
      <table className="rows facts">
        <thead><tr><th>Group or role</th><th>Kind</th><th className="num">People</th><th className="num">Projects</th><th className="num">Sensitive</th></tr></thead>
        <tbody>
          {view.openers.map((row) => (
            <tr key={row.pivot}>
              <td><Go to="/access" search={{ pivot: row.pivot }} className="quiet">{row.name}</Go></td><td className="t2">{row.kind}</td>
              <td className="num t2">{figure(row.people)}</td><td className="num t2">{figure(row.projects)}</td><td className="num"><b>{figure(row.sensitive)}</b></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** Where a look at access begins: ask, or go on from whoever and whatever stands out. */
function Start() {
  const { data: view, error, refetch } = usePage<ReachView>("reach");
  const { time_zone } = useFrame();
  useKeys({ r: () => void refetch() });
  if (error) return <div className="page"><Failed error={error} again={() => void refetch()} /></div>;
  if (!view) return <div className="page"><Waiting /></div>;
  const nothing = view.people.length === 0 && view.projects.length === 0;
  return (
    <div className="page">
      <div className="title"><Title>Access</Title><span className="t2">{view.summary}</span><span className="end small t3">as of {exact(view.as_of, time_zone).slice(0, -3)}</span></div>
      {nothing ? (
        <State title="No access is known yet" buttons={<Go to="/sources" className="btn">See sources</Go>}>No source has listed a person, project or grant. A key that may read the organization lists them.</State>
      ) : (
        <div className="stack">
          <Question />
          <div className="thirds"><Reachers view={view} /><OpenProjects view={view} /></div>
          {view.openers.length > 0 && <Openers view={view} />}
        </div>
      )}
    </div>
  );
}

function Access() {
  const { pivot = "", select, at, since } = useSearch({ strict: false }) as { pivot?: string; select?: string } & Days;
  const { data: view, error, refetch } = useAccess(String(pivot), select ?? null, { at, since });
  useKeys({ r: () => void refetch() });
  if (pivot === "") return <Start />;
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

export const page: Page = { path: "/access", component: Access, nav: { label: "Access", short: "Ac", group: "", order: 20, count: () => "" } };
