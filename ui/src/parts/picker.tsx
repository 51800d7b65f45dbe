import { useDebouncedValue } from "@mantine/hooks";
import { useId, useState, type KeyboardEvent } from "react";
import { useSearchHits } from "../api/client";
import type { Hit } from "../api/types";

type PickerProps = { label: string; placeholder: string; kind: Hit["kind"]; value: Hit | null; choose: (hit: Hit | null) => void };

/** A field that takes one thing found by name: type, arrow keys, Enter. */
export function Picker({ label, placeholder, kind, value, choose }: PickerProps) {
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const [asked] = useDebouncedValue(text.trim(), 120);
  const list = useId();
  const { data } = useSearchHits(value === null ? asked : "", kind);
  const hits = asked.length > 1 ? (data?.hits ?? []) : [];
  const take = (hit: Hit | undefined) => {
    if (!hit) return;
    choose(hit);
    setText("");
    setOpen(false);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") setOpen(false);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setAt((now) => Math.max(0, Math.min(hits.length - 1, now + (event.key === "ArrowDown" ? 1 : -1))));
    }
    if (event.key === "Enter" && open && hits.length > 0) {
      event.preventDefault();
      take(hits[at]);
    }
    if (event.key === "Backspace" && value !== null) choose(null);
  };
  const shown = open && value === null && asked.length > 1 && data !== undefined;
  return (
    <label className="field pick-one" style={{ margin: 0 }} onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && setOpen(false)}>
      <span>{label}</span>
      <input
        role="combobox" aria-expanded={shown} aria-controls={list} aria-autocomplete="list" value={value?.title ?? text} placeholder={placeholder}
        onChange={(event) => { choose(null); setText(event.target.value); setAt(0); setOpen(true); }}
        onFocus={() => setOpen(true)} onKeyDown={press}
      />
      {shown && (
        <div className="hits" role="listbox" id={list} aria-label={label}>
          {hits.map((hit, place) => (
            <div key={hit.link + hit.title} role="option" aria-selected={place === at} className="hit" tabIndex={-1} onMouseDown={(event) => { event.preventDefault(); take(hit); }}>
              <span className="cut" style={{ gridColumn: "1 / -1" }}><b>{hit.title}</b> <span className="t3 small">{hit.detail}</span></span>
            </div>
          ))}
          {hits.length === 0 && <div className="hit t2"><span style={{ gridColumn: "1 / -1" }}>Nothing is found for “{asked}”.</span></div>}
        </div>
      )}
    </label>
  );
}
