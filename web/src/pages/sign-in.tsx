// How does one sign in? With the one-time link that the service printed; its code never stays in the address.
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, rememberCsrfToken } from "@/api/client";
import { asProblem, codeOf } from "@/api/problem";
import { queryClient, useSession } from "@/api/queries";
import { Alone } from "@/shell/frame";
import { Button } from "@/ui/button";
import { ProblemNote } from "@/ui/problem-note";

export function codeFrom(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("code") || null;
}

/** Takes the code out of the address before anything else can read it there. */
function takeCode(): string | null {
  const code = codeFrom(location.hash);
  if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
  return code;
}

export function SignInPage() {
  const [code] = useState(takeCode);
  const navigate = useNavigate();
  const session = useSession();
  const signIn = useMutation({
    mutationFn: (given: string) => api.signIn(given),
    onSuccess: async (opened) => {
      // an answer still under way was asked for by nobody: it must not be taken for this session's
      await queryClient.cancelQueries();
      rememberCsrfToken(opened);
      await queryClient.invalidateQueries();
      await navigate({ to: "/" });
    },
  });
  const { mutate } = signIn;
  useEffect(() => {
    document.title = "Sign in · Counterpoise";
    if (code !== null) once(code, mutate);
  }, [code, mutate]);

  if (code !== null && !signIn.isError) return <Alone>Signing in …</Alone>;
  return (
    <Alone>
      <h2 className="font-semibold text-text">Sign in</h2>
      {signIn.isError && (
        <ProblemNote
          problem={asProblem(signIn.error)}
          act={
            code !== null &&
            codeOf(signIn.error) === "NO_ANSWER" && <Button onClick={() => mutate(code)}>Try again</Button>
          }
        />
      )}
      <p>
        Open the one-time link that <code className="font-mono text-text">counterpoise serve</code> printed, or run{" "}
        <code className="font-mono text-text">counterpoise token link</code> for a new one.
      </p>
      <p className="text-body text-text-3">A link works once and for a short time.</p>
      {(session?.signed_in || session?.reads_open) && (
        <Link to="/" className="text-accent underline underline-offset-4">
          {session.signed_in ? "Go to Overview" : "Look around without signing in"}
        </Link>
      )}
    </Alone>
  );
}

const sent = new Set<string>();

/** A link works once, so its code is sent once, however often the page is mounted. */
function once(code: string, send: (code: string) => void): void {
  if (sent.has(code)) return;
  sent.add(code);
  send(code);
}
