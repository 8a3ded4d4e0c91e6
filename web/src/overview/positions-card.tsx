// What is held, and does it add up? Rows, the rest, cash and the server's total.
import { useState } from "react";
import { usePart, useStatus } from "@/feed/hooks";
import { NARROW, useMedia } from "@/lib/media";
import { AgeMark } from "@/ui/age-mark";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { Bone, useWaiting } from "@/ui/skeleton";
import { useFrozenOrder } from "./frozen-order";
import { PositionsNarrow } from "./positions-narrow";
import { PositionsTable } from "./positions-table";

const NONE: readonly string[] = [];

export function PositionsCard({ className }: { className?: string }) {
  const positions = usePart("positions");
  const waiting = useWaiting(positions !== null);
  const narrow = useMedia(NARROW);
  const clock = useStatus((status) => status.clock.text.split(" ")[0] ?? "");
  const [pointer, setPointer] = useState(false);
  const [focus, setFocus] = useState(false);
  const [since, setSince] = useState("");
  const frozen = pointer || focus;
  const keys = positions?.rows.map(({ symbol }) => symbol) ?? NONE;
  const order = useFrozenOrder(keys, frozen);

  const hold = (set: (on: boolean) => void, on: boolean) => {
    if (on && !frozen) setSince(clock ?? "");
    set(on);
  };
  const sortAgain = () => {
    setPointer(false);
    setFocus(false);
  };

  const rows = order.keys.flatMap((key) => positions?.rows.find(({ symbol }) => symbol === key) ?? []);
  const Table = narrow ? PositionsNarrow : PositionsTable;
  return (
    <Card
      title="Positions"
      note={
        frozen && order.differs ? (
          <span>
            order of {since} ·{" "}
            <Button look="bare" size="small" onClick={sortAgain}>
              Sort again
            </Button>
          </span>
        ) : (
          "by value"
        )
      }
      tools={<AgeMark source="prices" word="marks" />}
      className={className ?? ""}
    >
      {positions !== null && waiting === "content" ? (
        // biome-ignore lint/a11y/noStaticElementInteractions: it only notices where the hand is; nothing here acts
        <div
          className="@container"
          onPointerEnter={(event) => event.pointerType === "touch" || hold(setPointer, true)}
          onPointerLeave={() => hold(setPointer, false)}
          onFocus={() => hold(setFocus, true)}
          onBlur={() => hold(setFocus, false)}
        >
          {positions.rows.length === 0 && (
            <p className="px-4 pb-3 text-text-3">No open positions. Everything is cash.</p>
          )}
          <Table positions={positions} rows={rows} />
        </div>
      ) : (
        <div className="flex min-h-72 flex-col gap-5 px-4 py-3">
          {waiting === "skeleton" &&
            ["a", "b", "c", "d", "e", "f", "g"].map((key) => <Bone key={key} className="h-3.5" />)}
        </div>
      )}
    </Card>
  );
}
