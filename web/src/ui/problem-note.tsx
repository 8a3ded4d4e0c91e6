// How is a failed call told? Title, what to do, code, and the trace to quote.
import { OctagonAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Problem } from "@/api/types";
import { toast } from "@/state/toasts";
import { Button } from "./button";

export function ProblemNote({ problem, act }: { problem: Problem; act?: ReactNode }) {
  return (
    <div role="alert" className="tint-crit rounded-control border border-crit px-3 py-2.5 text-body">
      <p className="flex items-start gap-2 font-medium text-text">
        <OctagonAlert aria-hidden size={16} strokeWidth={1.75} className="mt-0.5 shrink-0 text-crit" />
        {problem.title}
      </p>
      <p className="mt-1 pl-6 text-text-2">{problem.detail}</p>
      {problem.errors?.map((error) => (
        <p key={error.pointer} className="mt-1 pl-6 text-text-2">
          {error.pointer.replace(/^\/?/, "").replaceAll("/", " ")}: {error.detail}
        </p>
      ))}
      <div className="mt-2 flex flex-wrap items-center gap-2 pl-6 text-label text-text-3">
        <span className="break-all font-mono">{problem.code}</span>
        {problem.trace_id && (
          <>
            <span className="break-all font-mono">trace {problem.trace_id}</span>
            <Button
              look="bare"
              size="small"
              onClick={() => {
                void navigator.clipboard?.writeText(problem.trace_id).then(() => toast("Trace id copied."));
              }}
            >
              Copy trace
            </Button>
          </>
        )}
        {act}
      </div>
    </div>
  );
}
