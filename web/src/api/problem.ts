// What went wrong with a call, in words that say what to do?
import type { Problem } from "./types";

/** The service answered with a problem. */
export class ServiceProblem extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.title} ${problem.detail}`.trim());
    this.name = "ServiceProblem";
  }
}

/** No answer came at all: whether the call had an effect is not known. */
export class NoAnswer extends Error {
  constructor(readonly reason: string) {
    super(`The service did not answer: ${reason}`);
    this.name = "NoAnswer";
  }
}

export function codeOf(error: unknown): string {
  return error instanceof ServiceProblem ? error.problem.code : "NO_ANSWER";
}

/** Any failure as a problem, so that every place shows title, what to do, code and trace in the same way. */
export function asProblem(error: unknown): Problem {
  if (error instanceof ServiceProblem) return error.problem;
  return {
    type: "about:blank",
    title: "The service did not answer.",
    status: 0,
    detail: "Whether it did something is not known. Look at the terminal that runs Counterpoise, then try again.",
    code: "NO_ANSWER",
    trace_id: "",
  };
}

/** Reads a body that may be a problem, and makes one of whatever else an error carried. */
export function problemFrom(status: number, body: unknown): Problem {
  const given = typeof body === "object" && body !== null ? (body as Partial<Problem>) : {};
  return {
    type: given.type ?? "about:blank",
    title: given.title ?? `The service answered ${status}.`,
    status: given.status ?? status,
    detail: given.detail ?? "Look at the terminal that runs Counterpoise for the reason.",
    code: given.code ?? `HTTP_${status}`,
    trace_id: given.trace_id ?? "",
    ...(given.errors ? { errors: given.errors } : {}),
  };
}
