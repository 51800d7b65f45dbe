import type { Picture } from "../api/types";

export type Placed = { id: string; column: number; x: number; y: number; width: number };

const WIDTHS = [116, 122, 164, 164, 164, 310];
const GAP = 31;
const PITCH = 38;
const NODE = 32;

/** Where each box of the picture stands. Pure; columns are placed from the right, since parents stand at the middle
 * of their children, and ordered by that middle, so that no swap of two neighbours would undo a crossing. */
export function place(picture: Picture, width: number): { nodes: Map<string, Placed>; height: number; columns: { x: number; width: number }[] } {
  const total = WIDTHS.reduce((sum, each) => sum + each, 0) + GAP * (WIDTHS.length - 1);
  const scale = Math.max(0.6, width / total);
  let x = 0;
  const columns = picture.columns.map((_, at) => {
    const box = { x, width: (WIDTHS[at] ?? 150) * scale };
    x += box.width + GAP * scale;
    return box;
  });
  const rows = Math.max(1, ...picture.columns.map((column) => column.nodes.length));
  const bottom = (rows - 1) * PITCH;
  const at = new Map<string, number>();
  const children = new Map<string, string[]>();
  const parents = new Map<string, string[]>();
  for (const edge of picture.edges) {
    children.set(edge.source, [...(children.get(edge.source) ?? []), edge.target]);
    parents.set(edge.target, [...(parents.get(edge.target) ?? []), edge.source]);
  }
  const last = picture.columns.length - 1;
  const middle = (ids: string[]): number | null => {
    const known = ids.map((id) => at.get(id)).filter((y): y is number => y !== undefined);
    return known.length ? known.reduce((sum, y) => sum + y, 0) / known.length : null;
  };
  const settle = (wanted: { id: string; y: number }[]) => {
    // Forward pushes down what overlaps, backward pulls up what fell off; the mean keeps both sides even.
    const down = wanted.map((each) => each.y);
    for (let i = 1; i < down.length; i += 1) down[i] = Math.max(down[i] as number, (down[i - 1] as number) + PITCH);
    const up = wanted.map((each) => each.y);
    for (let i = up.length - 2; i >= 0; i -= 1) up[i] = Math.min(up[i] as number, (up[i + 1] as number) - PITCH);
    const mean = wanted.map((_, i) => ((down[i] as number) + (up[i] as number)) / 2);
    for (let i = 0; i < mean.length; i += 1) mean[i] = Math.max(mean[i] as number, i === 0 ? 0 : (mean[i - 1] as number) + PITCH);
    for (let i = mean.length - 1; i >= 0; i -= 1) mean[i] = Math.min(mean[i] as number, bottom - (mean.length - 1 - i) * PITCH);
    wanted.forEach((each, i) => at.set(each.id, mean[i] as number));
  };
  // Projects keep the order of the server (by risk); resources stand on the row of their project.
  const projects = picture.columns[last - 1]?.nodes ?? [];
  settle(projects.map((node, row) => ({ id: node.id, y: row * PITCH })));
  settle(
    (picture.columns[last]?.nodes ?? [])
      .map((node, row) => ({ id: node.id, y: middle(parents.get(node.id) ?? []) ?? row * PITCH }))
      .sort((a, b) => a.y - b.y),
  );
  for (let column = last - 2; column >= 0; column -= 1) {
    const nodes = picture.columns[column]?.nodes ?? [];
    const wanted = nodes.map((node, row) => ({
      id: node.id,
      y: middle(children.get(node.id) ?? []) ?? ((row + 0.5) / nodes.length) * bottom,
    }));
    settle(wanted.sort((a, b) => a.y - b.y));
  }
  const nodes = new Map<string, Placed>();
  picture.columns.forEach((column, index) => {
    const box = columns[index] as { x: number; width: number };
    for (const node of column.nodes) nodes.set(node.id, { id: node.id, column: index, x: box.x, y: at.get(node.id) ?? 0, width: box.width });
  });
  return { nodes, height: bottom + NODE, columns };
}

/** Every box on a path through `id`: what leads to it and what it leads to. */
export function through(picture: Picture, id: string): Set<string> {
  const lit = new Set([id]);
  const walk = (from: "source" | "target", to: "source" | "target") => {
    const stack = [id];
    const seen = new Set(stack);
    while (stack.length) {
      const here = stack.pop();
      for (const edge of picture.edges) {
        if (edge[from] === here && !seen.has(edge[to])) {
          seen.add(edge[to]);
          lit.add(edge[to]);
          stack.push(edge[to]);
        }
      }
    }
  };
  walk("target", "source");
  walk("source", "target");
  return lit;
}
