/** A small line with the observed end as a gold point. The numbers stand beside it. */
export function Spark({ values, label }: { values: number[]; label: string }) {
  const [width, height] = [56, 18];
  const top = Math.max(1, ...values);
  const points = values.map((value, at) => {
    const x = 2 + (at * (width - 6)) / Math.max(1, values.length - 1);
    return [x, height - 3 - (value / top) * (height - 7)] as const;
  });
  const last = points.at(-1);
  return (
    <svg className="spark" width={width} height={height} role="img" aria-label={label}>
      <polyline points={points.map((point) => point.join(",")).join(" ")} />
      {last && <circle cx={last[0]} cy={last[1]} r="2.4" />}
    </svg>
  );
}
