// How is something typed asked for? A label, a hint, and an error that names problem and cure.
import { type ComponentProps, type ReactNode, useId } from "react";
import { cx } from "@/lib/cx";

export interface FieldProps extends Omit<ComponentProps<"input">, "id"> {
  label: ReactNode;
  hint?: string;
  error?: string | null;
}

export function Field({ label, hint, error = null, className, ...rest }: FieldProps) {
  const id = useId();
  const said = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div className={cx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className="font-medium text-body text-text">
        {label}
      </label>
      <input
        {...rest}
        id={id}
        aria-invalid={error !== null || undefined}
        aria-describedby={said || undefined}
        className={cx(
          "h-9 w-full rounded-control border bg-canvas px-2.5 text-form text-text max-side:h-11 max-side:text-title",
          error === null ? "border-line-strong" : "border-crit",
        )}
      />
      {hint && (
        <p id={`${id}-hint`} className="text-label text-text-3">
          {hint}
        </p>
      )}
      {error !== null && (
        <p id={`${id}-error`} className="text-crit text-label">
          {error}
        </p>
      )}
    </div>
  );
}
