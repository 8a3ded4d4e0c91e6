// What is the sign of Counterpoise? A beam in balance: a weight near, a smaller one far.
export function Mark({ size = 24 }: { size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 32 32" fill="none" className="shrink-0 text-accent">
      <path d="M3 12.5 29 7" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" />
      <path d="M16 10v15" stroke="currentColor" strokeWidth="2.2" />
      <path d="M10 26.5h12" stroke="currentColor" strokeWidth="2.6" strokeLinecap="round" />
      <rect x="3" y="14" width="9" height="6" rx="1.6" fill="currentColor" />
      <circle cx="26" cy="11.5" r="3" fill="currentColor" />
    </svg>
  );
}
