import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type {
  AccessView, AddSourceRequest, Done, FindingView, FlyoutView, HeaderView, IdentityView, MaskedEvidence, QueueView, Refusal, SearchView,
  SourcesView, TestedSource,
} from "./types";

/** An answer other than success; `message` is the server's sentence. */
export class Refused extends Error {
  constructor(readonly status: number, sentence: string, readonly details: string) {
    super(sentence);
  }
}

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  let refusal: Refusal = { sentence: `The server answered ${response.status}. Nothing was changed.`, details: "" };
  try {
    refusal = { ...refusal, ...((await response.json()) as Refusal) };
  } catch {
    // The body was not ours; the sentence above says what is known.
  }
  throw new Refused(response.status, refusal.sentence, refusal.details);
}

async function send(path: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch {
    throw new Refused(0, "Fanlight does not answer on this machine. Nothing was changed.", "Is `fanlight up` running?");
  }
}

const get = async <T>(path: string): Promise<T> => answer<T>(await send(path, { headers: { Accept: "application/json" } }));

const post = async <T>(path: string, body?: unknown): Promise<T> =>
  answer<T>(
    await send(path, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    }),
  );

const LIVE = 5_000;
const id = encodeURIComponent;

export type QueueSearch = { tab?: string; severity?: string; days?: number | undefined; limit?: number };

function query(values: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(values).filter((pair): pair is [string, string | number] => pair[1] !== undefined);
  return new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
}

export const useHeader = (since?: number | null) =>
  useQuery({
    queryKey: ["header", since ?? null],
    queryFn: () => get<HeaderView>(`/api/header?${query({ since: since ?? undefined })}`),
    refetchInterval: LIVE,
    placeholderData: (before) => before,
  });

export const useQueue = (search: QueueSearch) =>
  useQuery({
    queryKey: ["queue", search],
    queryFn: () => get<QueueView>(`/api/queue?${query(search)}`),
    placeholderData: (before) => before,
    refetchOnWindowFocus: false, // what arrived is counted in a bar, and placed when the reader asks
  });

export const useFinding = (finding: string) =>
  useQuery({ queryKey: ["finding", finding], queryFn: () => get<FindingView>(`/api/findings/${id(finding)}`) });

export const useIdentity = (identity: string) =>
  useQuery({ queryKey: ["identity", identity], queryFn: () => get<IdentityView>(`/api/identities/${id(identity)}`) });

/** Days of the access picture, `2026-05-07`: the one it shows (today where none is named), and one to compare with. */
export type Days = { at?: string | undefined; since?: string | undefined };

export const useAccess = (pivot: string, select: string | null, { at, since }: Days = {}) =>
  useQuery({
    queryKey: ["access", pivot, select, at ?? null, since ?? null],
    queryFn: () => get<AccessView>(`/api/access?${query({ pivot, select: select ?? undefined, at, since })}`),
    enabled: pivot !== "",
    placeholderData: (before) => (before?.pivot === pivot ? before : undefined),
  });

export const useFlyout = (of: string) =>
  useQuery({ queryKey: ["flyout", of], queryFn: () => get<FlyoutView>(`/api/flyout?${query({ of })}`), enabled: of !== "" });

/** Address of a table as a file. */
export const csv = (table: string, values: Record<string, string | number | undefined> = {}): string => {
  const asked = query(values);
  return `/api/csv/${table.split("/").map(id).join("/")}${asked && `?${asked}`}`;
};

/** A page that the server found by scan, with what its address asks. */
export function usePage<View>(name: string, asked: Record<string, string | number | undefined> = {}) {
  return useQuery<View>({
    queryKey: ["page", name, asked],
    queryFn: () => get<View>(`/api/${name}?${query(asked)}`),
    placeholderData: keepPreviousData,
  });
}

export const useSources = () =>
  useQuery({ queryKey: ["sources"], queryFn: () => get<SourcesView>("/api/sources"), refetchInterval: LIVE });

export const useSearchHits = (text: string, kind?: string) =>
  useQuery({
    queryKey: ["search", text, kind ?? null],
    queryFn: () => get<SearchView>(`/api/search?${query({ q: text, kind })}`),
    enabled: text.length > 1,
    placeholderData: (before) => before,
  });

/** An act on a path; everything shown is asked for again afterwards. */
export function useAct<Body = undefined, Answer = Done>() {
  const client = useQueryClient();
  return useMutation<Answer, Error, { path: string; body?: Body }>({
    mutationFn: ({ path, body }) => post<Answer>(path, body),
    onSuccess: () => client.invalidateQueries(),
  });
}

export const useTestSource = () =>
  useMutation<TestedSource, Error, AddSourceRequest>({ mutationFn: (body) => post<TestedSource>("/api/sources/test", body) });

export const useMasks = () =>
  useMutation<MaskedEvidence, Error, { kind: string; object: string }>({
    mutationFn: ({ kind, object }) => post<MaskedEvidence>(`/api/evidence/${id(kind)}/${id(object)}`),
  });
