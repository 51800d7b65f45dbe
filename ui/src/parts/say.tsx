import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { useAct } from "../api/client";

type Order = { path: string; body?: unknown };
type Said = { sentence: string; undo: string | null } | null;
type Say = { act: (order: Order, done?: () => void) => void; say: (sentence: string) => void };

const SayContext = createContext<Say>({ act: () => undefined, say: () => undefined });

/** Acts, and says in one line at the foot what followed; what can be taken back can be for 10 s. */
export const useSay = (): Say => useContext(SayContext);

export function SayProvider({ children }: { children: ReactNode }) {
  const [said, setSaid] = useState<Said>(null);
  const { mutate } = useAct<unknown>();
  useEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(() => setSaid(null), 10_000);
    return () => clearTimeout(timer);
  }, [said]);
  const act = useCallback(
    (order: Order, done?: () => void) =>
      mutate(order, {
        onSuccess: (answer) => {
          setSaid({ sentence: answer.sentence, undo: answer.undo });
          done?.();
        },
        onError: (error) => setSaid({ sentence: error.message, undo: null }),
      }),
    [mutate],
  );
  const value = useMemo(() => ({ act, say: (sentence: string) => setSaid({ sentence, undo: null }) }), [act]);
  return (
    <SayContext.Provider value={value}>
      {children}
      {said && (
        <div className="said" role="status">
          {said.sentence}
          {said.undo && <button type="button" onClick={() => act({ path: `/api/undo/${said.undo}` })}>Undo</button>}
        </div>
      )}
    </SayContext.Provider>
  );
}
