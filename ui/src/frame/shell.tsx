import { Menu, useMantineColorScheme } from "@mantine/core";
import { Outlet, useLocation } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useAct, useHeader } from "../api/client";
import type { HeaderView } from "../api/types";
import { age, figure, zoneName } from "../format";
import { pages } from "../pages";
import { Go } from "../parts/go";
import { Mark } from "../parts/marks";
import { Failed, State } from "../parts/panel";
import { Flyout } from "./flyout";
import { Help } from "./help";
import { HeaderContext, SinceContext } from "./context";
import { SayProvider } from "../parts/say";
import { Search } from "./search";

const FRESHNESS: Record<HeaderView["freshness"], string> = {
  live: "Live", late: "Late", first_sync: "First sync", stopped: "Stopped", nothing: "Nothing connected",
};

function Freshness({ header }: { header: HeaderView }) {
  const newest = header.newest_event_at;
  const colour = { live: "var(--ok)", late: "var(--medium)", first_sync: "var(--accent)", stopped: "var(--critical)", nothing: "var(--line-2)" };
  return (
    <span>
      <i className="dot" style={{ background: colour[header.freshness] }} />
      {FRESHNESS[header.freshness]}
      {newest !== null && <span className="live-text">, newest event {age(newest, header.now)} ago</span>}
    </span>
  );
}

function You({ header }: { header: HeaderView }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const leave = useAct();
  return (
    <Menu position="bottom-end" width={220}>
      <Menu.Target>
        <button type="button" className="avatar" aria-label={`${header.user}: theme and sign-out`}>
          {header.initials}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{header.user}</Menu.Label>
        {(["auto", "light", "dark"] as const).map((scheme) => (
          <Menu.Item key={scheme} onClick={() => setColorScheme(scheme)} rightSection={colorScheme === scheme ? "✓" : null}>
            {{ auto: "Theme of the system", light: "Light", dark: "Dark" }[scheme]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => leave.mutate({ path: "/api/sign-out" })}>Sign out</Menu.Item>
        <Menu.Label>Fanlight {header.product_version}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}

function Organizations({ header }: { header: HeaderView }) {
  const names = header.organizations;
  if (names.length === 0) return null;
  return (
    <span className="orgs small t2 cut" title={names.join(", ")}>
      {names.length === 1 ? names[0] : (
        <>
          All organizations <span className="t3">{names.length}</span>
        </>
      )}
    </span>
  );
}

function Nav({ header }: { header: HeaderView }) {
  const inFinding = useLocation({ select: (location) => location.pathname.startsWith("/findings/") });
  const entries = pages.flatMap((page) => (page.nav ? [{ path: page.path, ...page.nav }] : [])).sort((a, b) => a.order - b.order);
  return (
    <nav className="nav" aria-label="Pages">
      {entries.map((entry, at) => (
        <div key={entry.path}>
          {entry.group !== "" && entry.group !== entries[at - 1]?.group && <div className="group">{entry.group}</div>}
          <Go to={entry.path} className={entry.path === "/" && inFinding ? "active" : ""}>
            <span>
              <span className="long">{entry.label}</span>
              <span className="short" aria-hidden="true">{entry.short}</span>
            </span>
            <span>{entry.count(header)}</span>
          </Go>
        </div>
      ))}
    </nav>
  );
}

/** Header, navigation, and the page between them. */
export function Shell() {
  const [since, see] = useState<number | null>(null);
  const { data: header, error, refetch } = useHeader(since);
  const seen = useMemo(() => ({ since, see }), [since]);
  if (!header) {
    return error ? <div className="page"><Failed error={error} again={() => void refetch()} /></div> : null;
  }
  return (
    <HeaderContext.Provider value={header}>
      <SinceContext.Provider value={seen}>
        <div className="frame">
          <header className="head">
            <Go to="/" className="brand">
              <Mark /> Fanlight
            </Go>
            <Search />
            <Organizations header={header} />
            <div className="head-end">
              {header.simulated && <span className="simulated">Simulated data</span>}
              <Freshness header={header} />
              <span className="zone t3">{zoneName(header.time_zone, header.now)}</span>
              <You header={header} />
            </div>
          </header>
          <Nav header={header} />
          <main>{error ? <div className="page"><Failed error={error} again={() => void refetch()} /></div> : <SayProvider><Outlet /></SayProvider>}</main>
          <Flyout />
          <Help />
        </div>
      </SinceContext.Provider>
    </HeaderContext.Provider>
  );
}

export const countOf = (n: number): string => (n > 0 ? figure(n) : "");

export function Missing() {
  return (
    <div className="page">
      <State title="There is no page at this address" buttons={<Go to="/" className="btn">Open the queue</Go>}>
        The address may be from another version of Fanlight. Nothing is lost.
      </State>
    </div>
  );
}
