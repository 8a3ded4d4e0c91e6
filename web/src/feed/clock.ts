// What makes ages tick between heartbeats? One timer for the page, a beat a second, still while the tab is hidden.

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function beat(): void {
  if (typeof document !== "undefined" && document.hidden) return;
  for (const listener of listeners) listener();
}

export function onSecond(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(beat, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

export const monotonic = (): number => performance.now();
