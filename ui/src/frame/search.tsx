import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useSearchHits } from "../api/client";
import { Go, useGo } from "../parts/go";
import { useKeys } from "../parts/keys";
import { Key } from "../parts/marks";

export function Search() {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(0);
  const [asked] = useDebouncedValue(text.trim(), 120);
  const input = useRef<HTMLInputElement>(null);
  const go = useGo();
  const { data, isPlaceholderData } = useSearchHits(asked);
  const hits = asked.length > 1 ? (data?.hits ?? []) : [];
  // Hits of an earlier text may still be shown; Enter waits for those of the text as it stands.
  const settled = asked === text.trim() && data !== undefined && !isPlaceholderData;
  const [entered, setEntered] = useState(false);

  useKeys({
    "/": (event) => {
      event.preventDefault();
      input.current?.focus();
    },
  });

  const leave = () => {
    setOpen(false);
    setText("");
    input.current?.blur();
  };
  useEffect(() => {
    if (!entered || !settled) return;
    setEntered(false);
    const hit = hits[chosen];
    if (!hit) return;
    go(hit.link);
    leave();
  }, [entered, settled]);
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") leave();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setChosen((at) => Math.max(0, Math.min(hits.length - 1, at + (event.key === "ArrowDown" ? 1 : -1))));
    }
    if (event.key === "Enter" && text.trim().length > 1) setEntered(true);
  };

  return (
    <div className="search" role="search" onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}>
      <input
        ref={input}
        value={text}
        placeholder="Search people, projects, IPs, findings"
        aria-label="Search people, projects, IPs, findings"
        onChange={(event) => {
          setText(event.target.value);
          setChosen(0);
          setEntered(false);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onKeyDown={press}
      />
      <Key>/</Key>
      {open && asked.length > 1 && data && (
        <div className="hits" role="listbox" aria-label="Results" aria-busy={!settled}>
          {hits.map((hit, at) => (
            <div key={hit.link + hit.title} role="option" aria-selected={at === chosen} onClick={leave}>
              <Go to={hit.link} className="hit">
                <span className="t3 small">{hit.kind}</span>
                <span className="cut">
                  <b>{hit.title}</b> <span className="t3 small">{hit.detail}</span>
                </span>
              </Go>
            </div>
          ))}
          {hits.length === 0 && <div className="hit t2">Nothing is found for “{asked}”.</div>}
        </div>
      )}
    </div>
  );
}
