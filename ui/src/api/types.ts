// Written by tools/build_types.py from fanlight/server/schema. Do not edit.

export type AccessPath = {
  as_of: number;
  steps: PathStep[];
  now: string;
};

export type AccessView = {
  pivot: string;
  title: string;
  detail: string;
  people: PersonRow[];
  people_summary: string;
  picture: Picture;
};

export type AccountRow = {
  source: string;
  login: string;
  id: string;
  why: string;
  evidence: "source" | "strong" | "medium" | "suggested";
  since: number | null;
  active: boolean;
};

export type ActivityCell = {
  heading: string;
  value: string;
  usual: string;
  points: (number | null)[];
  low: number;
  high: number;
  first_day: string;
  last_day: string;
};

export type AddSourceRequest = {
  kind: string;
  name: string;
  options: Record<string, string>;
  replace?: boolean;
};

export type AssignRequest = {
  assignee: string | null;
};

export type BarRow = {
  name: string;
  n: number;
  share: number;
  text: string;
  observed: boolean;
};

export type BarsCell = {
  kind: "bars";
  heading: string;
  rows: BarRow[];
  strip: LongitudePoint[];
  note: string;
};

export type BlastRadius = {
  identity_id: string;
  name: string;
  numbers: Figure[];
};

export type BlindSpot = {
  sentence: string;
};

export type BrokenRule = {
  name: string;
  sentence: string;
};

export type BulkRequest = {
  ids: string[];
  act: "verdict" | "assign" | "snooze";
  verdict?: "true_positive" | "false_positive" | "expected" | null;
  assignee?: string | null;
  until?: number | null;
};

export type CellThing = {
  kind: string;
  id: string;
  title: string;
  count: number;
  sensitivity: "none" | "low" | "moderate" | "high" | "not_read";
};

export type CellView = {
  row: string;
  label: string;
  family: "people" | "money" | "secrets" | "business";
  title: string;
  sentence: string;
  figures: Figure[];
  things: CellThing[];
  last_line: string;
  recognizers: string;
  link: string | null;
};

export type Chain = {
  summary: string;
  steps: Step[];
  folded: number;
};

export type Change = {
  title: string;
  sentence: string;
  closes: number;
  link: string | null;
  checks: string[];
};

export type CheckDetail = {
  check: string;
  title: string;
  question: string;
  status: "fail" | "unknown" | "pass";
  advice: string;
  failing: FailingEntity[];
  total: number;
  last_line: string;
  told: string[];
};

export type CheckRow = {
  check: string;
  title: string;
  question: string;
  status: "fail" | "unknown" | "pass";
  severity: "info" | "low" | "medium" | "high" | "critical";
  failing: number;
  sentence: string;
};

export type CollectRequest = {
  draft: string;
};

export type Comparison = {
  usual: string;
  observed: string;
  cells: (BarsCell | HoursCell | FactsCell | EarlyCell)[];
};

export type DetectionsView = {
  summary: string;
  rows: RuleRow[];
  broken: BrokenRule[];
  detail: RuleDetail | null;
};

export type Done = {
  sentence: string;
  undo: string | null;
};

export type EarlyCell = {
  kind: "early";
  heading: string;
  sentence: string;
};

export type ExceptionPreview = {
  dimension: string;
  sentence: string;
  hidden: number;
  hidden_true: number;
  consequence: string;
};

export type Fact = {
  label: string;
  value: string;
  strong: boolean;
  chip: string | null;
  link: string | null;
};

export type FactsCell = {
  kind: "facts";
  heading: string;
  rows: Fact[];
  note: string;
};

export type FailingEntity = {
  kind: string;
  id: string;
  name: string;
  link: string | null;
  severity: "info" | "low" | "medium" | "high" | "critical";
  sentence: string;
};

export type Figure = {
  value: string;
  label: string;
};

export type FindingView = {
  id: string;
  short_id: string;
  title: string;
  sentence: string;
  severity: "info" | "low" | "medium" | "high" | "critical";
  status: string;
  open: boolean;
  assignee: string | null;
  snoozed_until: number | null;
  at: number;
  who: Who;
  rule: string;
  rule_version: string;
  rule_record: string;
  attack: string[];
  place: Place | null;
  why: WhyRow[];
  comparison: Comparison | null;
  chain: Chain;
  opened: Opened | null;
  card: ObjectCard | null;
  path: AccessPath | null;
  blast: BlastRadius | null;
  runbook: RunbookStep[];
  similar: string;
  notes: Note[];
  verdict: VerdictView | null;
  exceptions: ExceptionPreview[];
  people: string[];
};

export type FlyoutView = {
  of: string;
  kind: string;
  title: string;
  detail: string;
  page: string;
  facts: Fact[];
  sensitivity: "none" | "low" | "moderate" | "high" | "not_read" | null;
  labels: LabelChip[];
  severity: "info" | "low" | "medium" | "high" | "critical" | null;
  risk: string;
  open_findings: QueueRow[];
  usual: string;
  access: Figure[];
  access_note: string;
  events: Step[];
  events_summary: string;
};

export type HeaderView = {
  product_version: string;
  now: number;
  tenant: string;
  organizations: string[];
  simulated: boolean;
  freshness: "live" | "late" | "first_sync" | "stopped" | "nothing";
  newest_event_at: number | null;
  time_zone: string;
  user: string;
  initials: string;
  queue_open: number;
  identities: number;
  sources_note: string;
  counts: Record<string, number>;
  arrived: number;
  arrived_at: number | null;
};

export type Hit = {
  kind: "identity" | "finding" | "project" | "source" | "ip";
  title: string;
  detail: string;
  link: string;
};

export type HoursCell = {
  kind: "hours";
  heading: string;
  hours: number[];
  observed: number[];
  note: string;
};

export type IdentityView = {
  id: string;
  name: string;
  detail: string;
  severity: "info" | "low" | "medium" | "high" | "critical" | null;
  open_findings: QueueRow[];
  facts: Fact[];
  as_of: number;
  accounts: AccountRow[];
  accounts_summary: string;
  picture: Picture | null;
  picture_missing: string;
  activity: ActivityCell[];
  activity_summary: string;
  hours: HoursCell | EarlyCell | null;
  timeline: Step[];
  timeline_summary: string;
  posture: PostureFact[];
};

export type KeyField = {
  name: string;
  label: string;
  secret: boolean;
  required: boolean;
  placeholder: string;
  hint: string;
  lines: boolean;
};

export type LabelChip = {
  category: string;
  family: "people" | "money" | "secrets" | "business";
  count: number | null;
};

export type LabelsView = {
  summary: string;
  by: "project" | "department" | "owner";
  period: string;
  columns: MapColumn[];
  rows: MapRow[];
  total: number;
  start: number;
  last_line: string;
  read: number;
  not_read: NotRead[];
  cell: CellView | null;
};

export type LongitudePoint = {
  name: string;
  longitude: number;
  share: number;
  observed: boolean;
};

export type MapCell = {
  n: number;
  step: number;
  new: boolean;
};

export type MapColumn = {
  category: string;
  family: "people" | "money" | "secrets" | "business";
};

export type MapRow = {
  key: string;
  name: string;
  link: string | null;
  owner: string;
  owner_link: string | null;
  department: string;
  sensitivity: "none" | "low" | "moderate" | "high" | "not_read";
  cells: (MapCell | null)[];
};

export type MaskedEvidence = {
  title: string;
  rows: MaskedRow[];
  recognizers: string;
  audited: string;
};

export type MaskedRow = {
  where: string;
  category: LabelChip;
  type: string;
  mask: string;
  count: number;
  confidence: number;
};

export type NotRead = {
  strong: string;
  sentence: string;
};

export type Note = {
  author: string;
  at: number;
  text: string;
};

export type NoteRequest = {
  text: string;
};

export type ObjectCard = {
  kind: string;
  id: string;
  heading: string;
  title: string;
  sensitivity: "none" | "low" | "moderate" | "high" | "not_read";
  labels: LabelChip[];
  facts: Fact[];
  vendor_url: string | null;
  masked_rows: number;
};

export type OpenProject = {
  id: string;
  name: string;
  sensitivity: "none" | "low" | "moderate" | "high" | "not_read";
  people: number;
  wide: string;
  things: number;
  sensitive: number;
};

export type Opened = {
  summary: string;
  rows: OpenedRow[];
  last_line: string;
};

export type OpenedRow = {
  at: number;
  title: string;
  labels: LabelChip[];
  sensitivity: "none" | "low" | "moderate" | "high" | "not_read";
  earlier: number;
};

export type Opener = {
  pivot: string;
  name: string;
  kind: string;
  people: number;
  projects: number;
  sensitive: number;
};

export type PathStep = {
  text: string;
  detail: string;
  known: boolean;
};

export type PersonRow = {
  id: string;
  name: string;
  level: string;
  how: string;
  known: boolean;
  since: number | null;
};

export type Picture = {
  as_of: number;
  summary: string;
  columns: PictureColumn[];
  edges: PictureEdge[];
  sentence: string;
  selected: string | null;
  compared_with: number | null;
  added: number;
  removed: number;
  note: string;
};

export type PictureColumn = {
  heading: string;
  total: string;
  nodes: PictureNode[];
};

export type PictureEdge = {
  source: string;
  target: string;
  wide: boolean;
  known: boolean;
};

export type PictureNode = {
  id: string;
  text: string;
  count: string;
  sensitivity: "none" | "low" | "moderate" | "high" | "not_read" | null;
  labels: LabelChip[];
  more: boolean;
  change: "added" | "removed" | null;
  sentence: string;
  link: string | null;
  link_text: string;
};

export type Place = {
  index: number;
  total: number;
  previous: string | null;
  next: string | null;
};

export type PostureFact = {
  check: string;
  status: "pass" | "fail" | "unknown";
  severity: "info" | "low" | "medium" | "high" | "critical";
  title: string;
  sentence: string;
};

export type PostureView = {
  summary: string;
  rows: CheckRow[];
  change: Change | null;
  detail: CheckDetail | null;
};

export type Problem = {
  at: number;
  sentence: string;
};

export type Progress = {
  share: number | null;
  sentence: string;
};

export type QueueRow = {
  id: string;
  severity: "info" | "low" | "medium" | "high" | "critical";
  new: boolean;
  title: string;
  sentence: string;
  who: Who;
  labels: LabelChip[];
  labels_note: string;
  at: number;
  assignee: string | null;
  status: string;
  verdict: "true_positive" | "false_positive" | "expected" | null;
  rule: string;
  rule_title: string;
};

export type QueueTab = {
  key: string;
  label: string;
  count: number;
};

export type QueueView = {
  summary: string;
  tab: string;
  tabs: QueueTab[];
  rows: QueueRow[];
  total: number;
  last_line: string;
  risk: RiskRow[];
  blind: BlindSpot[];
  seeing: string;
  panes: number;
  sources_connected: number;
  newest_at: number | null;
  people: string[];
};

export type ReachView = {
  summary: string;
  as_of: number;
  people: Reacher[];
  people_line: string;
  projects: OpenProject[];
  projects_line: string;
  openers: Opener[];
  openers_line: string;
};

export type Reacher = {
  id: string;
  name: string;
  department: string;
  projects: number;
  resources: number;
  sensitive: number;
};

export type Refusal = {
  sentence: string;
  details: string;
};

export type RiskRow = {
  identity_id: string;
  name: string;
  detail: string;
  score: number;
  change: number;
  spark: number[];
};

export type RuleDetail = {
  rule: string;
  title: string;
  record: string;
  description: string;
  looks_at: string;
  attack: string[];
  falsepositives: string[];
  runbook: string[];
  tests: number;
  exceptions: number;
  findings: RuleFinding[];
  last_line: string;
};

export type RuleFinding = {
  id: string;
  title: string;
  severity: "info" | "low" | "medium" | "high" | "critical";
  status: string;
  at: number;
};

export type RuleRow = {
  rule: string;
  title: string;
  level: "info" | "low" | "medium" | "high" | "critical";
  version: string;
  own: boolean;
  sight: "sees" | "partly" | "quiet" | "blind";
  sentence: string;
  hits: number;
  weeks: number[];
  open: number;
  true: number;
  false: number;
  expected: number;
  excepted: number;
  last_at: number | null;
};

export type RunbookStep = {
  number: number;
  text: string;
};

export type ScopeRow = {
  name: string;
  state: "found" | "missing" | "too_much";
  gives: string;
};

export type SearchView = {
  query: string;
  hits: Hit[];
  last_line: string;
};

export type SnoozeRequest = {
  until: number | null;
};

export type SourceKind = {
  kind: string;
  title: string;
  fields: KeyField[];
  how_to: string[];
};

export type SourceRow = {
  name: string;
  title: string;
  detail: string;
  kind: string;
  health: "healthy" | "late" | "partial" | "stopped" | "first_sync";
  newest_event_at: number | null;
  lag: string;
  backlog: number | null;
  events_24h: number;
  by_hour: (number | null)[];
  hour_note: string;
  progress: Progress | null;
  facts: Fact[];
  problems: Problem[];
};

export type SourcesView = {
  summary: string;
  rows: SourceRow[];
  unseen: UnseenRow[];
  unseen_summary: string;
  kinds: SourceKind[];
};

export type Step = {
  at: number;
  until: number | null;
  source: string;
  text: string;
  place: string | null;
  mark: "usual" | "new" | "anchor" | "gap" | "context";
  labels: LabelChip[];
  event_id: string | null;
  story: boolean;
};

export type TestedSource = {
  draft: string;
  kind: string;
  title: string;
  key_shape: string;
  works: boolean;
  headline: string;
  owner: string;
  scopes: ScopeRow[];
  collected: string[];
  not_collected: string[];
  warnings: string[];
  how_to: string[];
  estimate: string;
};

export type UnseenRow = {
  name: string;
  sentence: string;
  when: "now" | "earlier" | "always";
};

export type VerdictRequest = {
  kind: "true_positive" | "false_positive" | "expected";
  exception_dimension?: string | null;
  reason?: string;
};

export type VerdictView = {
  kind: "true_positive" | "false_positive" | "expected";
  by: string;
  at: number;
  sentence: string;
  exception_id: string | null;
  exception_sentence: string;
};

export type Who = {
  name: string;
  detail: string;
  kind: string;
  id: string | null;
};

export type WhyRow = {
  fact: string;
  observed: string;
  usual: string;
  unknown: boolean;
};
