import type { Fact } from "../api/types";
import { Go } from "./go";

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
        {fact.link ? <Go to={fact.link}>{value}</Go> : value} {fact.chip && <span className="chip">{fact.chip}</span>}
      </dd>
    </>
  );
}
