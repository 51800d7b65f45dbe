/** The table beside it as a file, whole. */
export const Csv = ({ href, what }: { href: string; what: string }) => (
  <a className="csv" href={href} download title={`${what} as a CSV file`}>CSV<span className="sr"> of {what}</span></a>
);
