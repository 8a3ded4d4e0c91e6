// How does the feed stay connected? Subscribe, resume by cursor, reconnect with full jitter, and a watchdog on silence.
import type { ServerMessage } from "@/api/types";
import { CLOSE_SIGN_IN, decode, type Subscribe } from "./protocol";

export interface ConnectionEvents {
  opened(): void;
  closed(): void;
  message(message: ServerMessage): void;
  signInNeeded(): void;
}

/** The world outside, so that tests can turn its clock and its dice. */
export interface World {
  open(url: string): WebSocket;
  random(): number;
}

export const FIRST_DELAY_MS = 500;
export const LONGEST_DELAY_MS = 8_000;
/** Two heartbeats missed; below five seconds, so that within five of the last sign of life the page says so. */
export const WATCHDOG_MS = 4_500;

const browser: World = {
  open: (url) => new WebSocket(url),
  random: () => Math.random(),
};

/** Full jitter: anywhere between nothing and the doubled delay, so that many pages do not come back at once. */
export function backoff(attempt: number, random: () => number): number {
  return random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
}

export class Connection {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly account: string,
    private readonly cursor: () => string | null,
    private readonly events: ConnectionEvents,
    private readonly world: World = browser,
  ) {}

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.drop();
  }

  /** Connect now instead of at the end of the delay: the network came back, or the tab did. */
  hurry(): void {
    if (this.stopped || this.socket !== null) return;
    clearTimeout(this.timer);
    this.attempt = 0;
    this.connect();
  }

  private connect(): void {
    const socket = this.world.open(this.url);
    this.socket = socket;
    this.rest();
    socket.onopen = () => {
      const hello: Subscribe = { type: "subscribe", channel: "overview", account: this.account, since: this.cursor() };
      socket.send(JSON.stringify(hello));
      this.events.opened();
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      const message = typeof data === "string" ? decode(data) : null;
      if (message === null) return;
      this.rest();
      if (message.type !== "error") this.attempt = 0;
      this.events.message(message);
    };
    socket.onclose = ({ code }: CloseEvent) => {
      if (this.socket === socket) this.lost(code);
    };
  }

  /** Anything heard feeds the watchdog; when it is silent for too long, the line is dead and the browser has not noticed. */
  private rest(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.lost(0), WATCHDOG_MS);
  }

  private lost(code: number): void {
    this.drop();
    if (this.stopped) return;
    this.events.closed();
    if (code === CLOSE_SIGN_IN) this.events.signInNeeded();
    this.timer = setTimeout(() => this.connect(), backoff(this.attempt, this.world.random));
    this.attempt += 1;
  }

  private drop(): void {
    clearTimeout(this.watchdog);
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
  }
}
