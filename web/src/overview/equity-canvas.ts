// How is the equity chart drawn? Equity above, drawdown hanging from its own zero line below; nothing animates.
import {
  AreaSeries,
  BaselineSeries,
  ColorType,
  CrosshairMode,
  createChart,
  createSeriesMarkers,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineStyle,
  type SeriesMarkerShape,
  TickMarkType,
  type Time,
  type UTCTimestamp,
  type WhitespaceData,
} from "lightweight-charts";
import { toPixels } from "@/lib/decimal";
import { HIDDEN, money, number, percent } from "@/lib/format";
import { axisTick, clockTime, dayName, type TickUnit } from "@/lib/time";
import { type ChartColours, chartColours } from "./chart-colours";
import { changeBetween, type Mark, type Point } from "./equity-series";

/** Where the crosshair is: the point's time, and the distance from the left or the right edge. */
export interface Spot {
  readonly time: number;
  readonly offset: number;
  readonly right: boolean;
}

export interface CanvasWords {
  readonly zone: string;
  readonly unit: string;
  readonly hidden: boolean;
  readonly intraday: boolean;
}

type Value = { time: UTCTimestamp; value: number } | WhitespaceData<UTCTimestamp>;
type Series = ISeriesApi<"Area"> | ISeriesApi<"Baseline">;

/** More markers than this would hide the line. */
const MANY = 20;

const SHAPES: Record<string, SeriesMarkerShape> = { rebalance: "circle", transfer: "arrowUp", halt: "square" };
const UNITS: Partial<Record<TickMarkType, TickUnit>> = {
  [TickMarkType.Year]: "year",
  [TickMarkType.Month]: "month",
  [TickMarkType.DayOfMonth]: "day",
  [TickMarkType.TimeWithSeconds]: "seconds",
};

/** Where there is a point a day, the hour of a tick says nothing. */
const dayOrLonger = (type: TickMarkType): TickUnit => {
  const unit = UNITS[type];
  return unit === undefined || unit === "seconds" ? "day" : unit;
};

const toValue = (point: Point, text: string | null, sign: 1 | -1): Value => {
  const time = point.time as UTCTimestamp;
  return text === null ? { time } : { time, value: sign * toPixels(text) };
};

export class EquityCanvas {
  private readonly chart: IChartApi;
  private readonly equity: Series;
  private readonly drawdown: ISeriesApi<"Baseline">;
  private readonly markers: ISeriesMarkersPluginApi<Time>;
  private readonly colours: ChartColours;
  private latest: IPriceLine | null = null;
  private deepest: IPriceLine | null = null;
  private shown: readonly Point[] = [];
  private span = "";

  constructor(
    private readonly place: HTMLElement,
    private readonly words: CanvasWords,
    onSpot: (spot: Spot | null) => void,
  ) {
    this.colours = chartColours();
    this.chart = createChart(place, this.options());
    this.equity = this.addEquity();
    this.drawdown = this.addDrawdown();
    this.markers = createSeriesMarkers(this.equity as ISeriesApi<"Area">, []);
    const [above, below] = this.chart.panes();
    above?.setStretchFactor(4);
    below?.setStretchFactor(1);
    this.chart.subscribeCrosshairMove(({ time, point }) => {
      if (typeof time !== "number" || !point) return onSpot(null);
      const width = place.clientWidth;
      const right = point.x > width / 2;
      onSpot({ time, offset: right ? width - point.x : point.x, right });
    });
    place.addEventListener("wheel", this.onWheel, { capture: true, passive: true });
  }

  remove(): void {
    this.place.removeEventListener("wheel", this.onWheel, { capture: true });
    this.chart.remove();
  }

  /** `span` names the range: another one is shown whole, the same one stays as the reader has zoomed it. */
  show(points: readonly Point[], marks: readonly Mark[], baseline: string | null, span: string): void {
    const scale = this.chart.timeScale();
    const whole = span !== this.span || this.fits();
    this.span = span;
    const change = changeBetween(this.shown, points);
    if (change === "tail") {
      const last = points.at(-1);
      if (last) {
        this.equity.update(toValue(last, last.equity, 1));
        this.drawdown.update(toValue(last, last.drawdown, -1));
      }
      if (whole && points.length > this.shown.length) scale.fitContent();
    } else if (change === "whole") {
      const zoomed = scale.getVisibleRange();
      if (baseline !== null) {
        (this.equity as ISeriesApi<"Baseline">).applyOptions({
          baseValue: { type: "price", price: toPixels(baseline) },
        });
      }
      this.equity.setData(points.map((point) => toValue(point, point.equity, 1)));
      this.drawdown.setData(points.map((point) => toValue(point, point.drawdown, -1)));
      if (whole) scale.fitContent();
      else if (zoomed) scale.setVisibleRange(zoomed);
    }
    this.shown = points;
    this.markLatest();
    this.markDeepest();
    this.markers.setMarkers(
      marks.map(({ time, kind }) => ({
        time: time as UTCTimestamp,
        position: "inBar",
        shape: SHAPES[kind] ?? "circle",
        color: this.colours.text2,
        size: marks.length > MANY ? 0.3 : 0.8,
      })),
    );
  }

  /** Nobody has zoomed in: all points are in view. */
  private fits(): boolean {
    const view = this.chart.timeScale().getVisibleLogicalRange();
    return view === null || (view.from <= 0.5 && view.to >= this.shown.length - 1.5);
  }

  /** Puts the crosshair on a point, or takes it away. */
  point(point: Point | null): void {
    if (point === null) this.chart.clearCrosshairPosition();
    else this.chart.setCrosshairPosition(toPixels(point.equity), point.time as UTCTimestamp, this.equity);
  }

  /** The wheel scrolls the page; with Ctrl it zooms the chart. */
  private readonly onWheel = (event: WheelEvent): void => {
    this.chart.applyOptions({ handleScale: { mouseWheel: event.ctrlKey } });
  };

  private addEquity(): Series {
    const { accent, gain, loss, solid, faded } = this.colours;
    const shared = {
      lineWidth: 2 as const,
      lastPriceAnimation: 0 as const,
      lastValueVisible: false, // its label could not have the accent's background
      priceLineVisible: false,
      crosshairMarkerRadius: 4,
      priceFormat: {
        type: "custom" as const,
        minMove: 0.01,
        formatter: (value: number) => this.labelOf(value),
        tickmarksFormatter: (values: readonly number[]) => this.ticksOf(values),
      },
    };
    if (this.words.intraday) {
      return this.chart.addSeries(BaselineSeries, {
        ...shared,
        topLineColor: gain,
        topFillColor1: faded(gain, 0.22),
        topFillColor2: faded(gain, 0.02),
        bottomLineColor: loss,
        bottomFillColor1: faded(loss, 0.02),
        bottomFillColor2: faded(loss, 0.22),
      });
    }
    const series = this.chart.addSeries(AreaSeries, {
      ...shared,
      lineColor: accent,
      topColor: faded(solid, 0.26),
      bottomColor: faded(solid, 0),
    });
    series.priceScale().applyOptions({ scaleMargins: { top: 0.1, bottom: 0.08 } });
    return series;
  }

  private addDrawdown(): ISeriesApi<"Baseline"> {
    const { loss, faded } = this.colours;
    const series = this.chart.addSeries(
      BaselineSeries,
      {
        baseValue: { type: "price", price: 0 },
        topLineColor: loss,
        topFillColor1: "transparent",
        topFillColor2: "transparent",
        bottomLineColor: loss,
        bottomFillColor1: faded(loss, 0.3),
        bottomFillColor2: faded(loss, 0.3),
        lineWidth: 1,
        lastValueVisible: false,
        priceLineVisible: false,
        crosshairMarkerVisible: false,
        priceFormat: {
          type: "custom",
          minMove: 0.0001,
          formatter: (value: number) => percent(Math.abs(value).toFixed(4)),
          tickmarksFormatter: (values: readonly number[]) => values.map((value) => (value === 0 ? "0 %" : "")),
        },
        autoscaleInfoProvider: (
          original: () => { priceRange: { minValue: number; maxValue: number } | null } | null,
        ) => {
          const info = original();
          // zero is always in view, so that a calm span does not look like a crash
          return { priceRange: { minValue: Math.min(-0.5, info?.priceRange?.minValue ?? 0), maxValue: 0 } };
        },
      },
      1,
    );
    series.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.12 } });
    series.createPriceLine({
      price: 0,
      color: this.colours.strong,
      lineWidth: 1,
      lineStyle: LineStyle.Solid,
      axisLabelVisible: false,
      title: "",
    });
    return series;
  }

  private markLatest(): void {
    const last = this.shown.at(-1)?.equity ?? null;
    if (last === null) return;
    if (this.latest) {
      this.latest.applyOptions({ price: toPixels(last) });
      return;
    }
    this.latest = this.equity.createPriceLine({
      price: toPixels(last),
      color: this.colours.text3,
      lineWidth: 1,
      lineStyle: LineStyle.Dotted,
      axisLabelVisible: true,
      axisLabelColor: this.colours.solid,
      axisLabelTextColor: "#ffffff",
      title: "",
    });
  }

  private markDeepest(): void {
    let worst: string | null = null;
    for (const { drawdown } of this.shown) {
      if (drawdown !== null && (worst === null || toPixels(drawdown) > toPixels(worst))) worst = drawdown;
    }
    const price = worst === null ? 0 : -toPixels(worst);
    if (this.deepest?.options().price === price) return;
    if (this.deepest) this.drawdown.removePriceLine(this.deepest);
    this.deepest = null;
    if (price === 0) return;
    this.deepest = this.drawdown.createPriceLine({
      price,
      color: this.colours.text3,
      lineWidth: 1,
      lineStyle: LineStyle.Dotted,
      axisLabelVisible: true,
      axisLabelColor: this.colours.surface,
      axisLabelTextColor: this.colours.text2,
      title: "",
    });
  }

  /** The last value in exact words; anything else under the crosshair is between the points and rounded. */
  private labelOf(value: number): string {
    if (this.words.hidden) return HIDDEN;
    const last = this.shown.at(-1)?.equity ?? null;
    if (last !== null && toPixels(last) === value) return money(last, this.words.unit);
    return number(value.toFixed(2), 2);
  }

  private ticksOf(values: readonly number[]): string[] {
    if (this.words.hidden) return values.map(() => HIDDEN);
    const whole = values.every((value) => Math.abs(value - Math.round(value)) < 1e-6);
    return values.map((value) => number(value.toFixed(whole ? 0 : 2), whole ? 0 : 2));
  }

  private options(): Parameters<typeof createChart>[1] {
    const { surface, line, strong, text3, solid, faded } = this.colours;
    const { zone, intraday } = this.words;
    const crosshair = { color: text3, labelBackgroundColor: solid, width: 1 as const, style: LineStyle.Dotted };
    return {
      autoSize: true,
      layout: {
        background: { type: ColorType.Solid, color: surface },
        textColor: text3,
        fontSize: 11,
        fontFamily: getComputedStyle(document.body).fontFamily,
        attributionLogo: false,
        panes: { enableResize: false, separatorColor: faded(strong, 0), separatorHoverColor: faded(strong, 0) },
      },
      grid: { vertLines: { visible: false }, horzLines: { color: line } },
      crosshair: { mode: CrosshairMode.Magnet, vertLine: { ...crosshair, labelVisible: false }, horzLine: crosshair },
      rightPriceScale: { borderVisible: false, minimumWidth: 74 },
      timeScale: {
        borderVisible: false,
        fixLeftEdge: true,
        fixRightEdge: true,
        timeVisible: intraday,
        secondsVisible: intraday,
        tickMarkFormatter: (time: Time, type: TickMarkType) =>
          axisTick(new Date((time as number) * 1000), zone, intraday ? (UNITS[type] ?? "time") : dayOrLonger(type)),
      },
      localization: {
        timeFormatter: (time: Time) => {
          const at = new Date((time as number) * 1000);
          return `${dayName(at, zone)} ${clockTime(at.toISOString(), zone)}`;
        },
      },
      handleScroll: { mouseWheel: false, pressedMouseMove: true, horzTouchDrag: true, vertTouchDrag: false },
      handleScale: { mouseWheel: false, pinch: true, axisPressedMouseMove: false, axisDoubleClickReset: true },
      kineticScroll: { touch: false, mouse: false },
    };
  }
}
