// What is the account worth, what moves it, what holds it back, what happened?
import { useFeed } from "@/feed/hooks";
import { NeedsYou } from "@/shell/needs-you";
import { ProblemNote } from "@/ui/problem-note";
import { EquityCard } from "./equity-card";
import { EventsCard } from "./events-card";
import { FiguresStrip } from "./figures-strip";
import { GateCard } from "./gate-card";
import { PositionsCard } from "./positions-card";

export function Overview() {
  return (
    <div className="grid grid-cols-12 gap-3 *:col-span-12">
      <NeedsYou />
      <FeedProblem />
      <FiguresStrip />
      <EquityCard className="@min-[68rem]:col-span-8" />
      <GateCard className="@min-[68rem]:col-span-4" />
      <PositionsCard className="@min-[68rem]:col-span-8" />
      <EventsCard className="@min-[68rem]:col-span-4" />
    </div>
  );
}

function FeedProblem() {
  const problem = useFeed((state) => state.problem);
  if (problem === null) return null;
  return (
    <ProblemNote
      problem={{
        type: "about:blank",
        title: "The live feed refused this page.",
        status: 0,
        trace_id: "",
        ...problem,
      }}
    />
  );
}
