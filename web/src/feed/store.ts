// Who may see what the feed said, and when is it painted? At most four times a second, never while the tab is hidden.
import { Connection } from "./connection";
import { EMPTY, type FeedEvent, type FeedState, reduce } from "./state";

export const PAINT_MS = 250;

export class FeedStore {
  private known: FeedState = EMPTY;
  private painted: FeedState = EMPTY;
  private lastPaint = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private connection: Connection | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly hidden: () => boolean = () => document.hidden,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** What is on the screen. */
  readonly get = (): FeedState => this.painted;

  connect(account: string, url: string): () => void {
    this.disconnect();
    this.dispatch({ type: "started", now: this.now() });
    this.connection = new Connection(url, account, () => this.known.cursor, {
      opened: () => this.dispatch({ type: "opened" }),
      closed: () => this.dispatch({ type: "closed", now: this.now() }),
      signInNeeded: () => this.dispatch({ type: "sign-in-needed" }),
      message: (message) => this.dispatch({ type: "message", now: this.now(), account, message }),
    });
    this.connection.start();
    const back = () => {
      if (this.hidden()) return;
      this.paint();
      this.connection?.hurry();
    };
    document.addEventListener("visibilitychange", back);
    window.addEventListener("online", back);
    return () => {
      document.removeEventListener("visibilitychange", back);
      window.removeEventListener("online", back);
      this.disconnect();
    };
  }

  dispatch(event: FeedEvent): void {
    const next = reduce(this.known, event);
    if (next === this.known) return;
    this.known = next;
    this.schedule();
  }

  private schedule(): void {
    if (this.timer !== undefined || this.hidden()) return;
    const wait = this.lastPaint + PAINT_MS - this.now();
    if (wait <= 0) this.paint();
    else this.timer = setTimeout(() => this.paint(), wait);
  }

  private paint(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.hidden() || this.painted === this.known) return;
    this.lastPaint = this.now();
    this.painted = this.known;
    for (const listener of this.listeners) listener();
  }

  private disconnect(): void {
    this.connection?.stop();
    this.connection = null;
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}

export const feed = new FeedStore();
