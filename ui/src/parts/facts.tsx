import type { Fact } from "../api/types";
import { Name } from "./name";

export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className="facts">
      {facts.map((fact) => (
        <FactLine key={fact.label} fact={fact} />
      ))}
    </dl>
  );
}

function FactLine({ fact }: { fact: Fact }) {
  const value = fact.strong ? <b>{fact.value}</b> : fact.value;
  return (
    <>
      <dt>{fact.label}</dt>
      <dd>
        {fact.link ? <Name to={fact.link}>{value}</Name> : value} {fact.chip && <span className="chip">{fact.chip}</span>}
      </dd>
    </>
  );
}
