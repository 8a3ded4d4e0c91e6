// Where do the chart's points come from? The history as one reading, the tail from the feed.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { historyQuery } from "@/api/queries";
import type { HistoryRange } from "@/api/types";
import { usePart } from "@/feed/hooks";
import { fromHistory, type Mark, type Point, placed, stepOf, withHistory, withLive } from "./equity-series";

export interface EquityData {
  readonly points: readonly Point[];
  readonly marks: readonly Mark[];
  readonly dayOpen: string | null;
  readonly ready: boolean;
  readonly error: unknown;
  readonly again: () => void;
}

const NONE: readonly Point[] = [];

export function useEquity(account: string, range: HistoryRange): EquityData {
  const query = useQuery(historyQuery(account, range));
  const figures = usePart("figures");
  const history = useMemo(() => (query.data ? fromHistory(query.data.points) : null), [query.data]);
  const step = useMemo(() => stepOf(history ?? NONE), [history]);
  const [tail, setTail] = useState<{ of: string; points: readonly Point[] }>({ of: "", points: NONE });
  const key = `${account} ${range}`;

  useEffect(() => {
    if (history === null) return;
    setTail((shown) => ({ of: key, points: withHistory(history, shown.of === key ? shown.points : NONE) }));
  }, [history, key]);

  useEffect(() => {
    if (history === null || figures === null) return;
    const live = { at: figures.as_of, equity: figures.equity.value, drawdown: figures.drawdown.value };
    setTail((shown) => {
      if (shown.of !== key) return shown;
      const points = withLive(shown.points, live, step);
      return points === shown.points ? shown : { of: key, points };
    });
  }, [figures, history, key, step]);

  const points = tail.of === key ? tail.points : NONE;
  const markers = query.data?.markers;
  const marks = useMemo(() => placed(markers ?? [], points), [markers, points]);
  return {
    points,
    marks,
    dayOpen: query.data?.day_open ?? null,
    ready: history !== null && tail.of === key,
    error: query.error,
    again: () => void query.refetch(),
  };
}
