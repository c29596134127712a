/** Asks the server for measurements, and gives it new ones. */

import { asBody, type Measurement } from "./measurement";
import { ServerError } from "../server";

const UNREACHABLE = "MedCore does not answer.";
const FINAL = [400, 404, 410, 413, 415, 422]; // asking again would bring the same answer

export async function fetchMeasurements(study: number): Promise<Measurement[]> {
  return (await askFor(study)).json() as Promise<Measurement[]>;
}

export async function saveMeasurement(study: number, measurement: Measurement): Promise<Measurement> {
  const response = await askFor(study, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: asBody(measurement),
    keepalive: true, // what is sent while the page is being left still arrives
  });
  return response.json() as Promise<Measurement>;
}

export function exportAddress(study: number, kind: "csv" | "dcm"): string {
  return `/studies/${study}/measurements.${kind}`;
}

async function askFor(study: number, options: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`/studies/${study}/measurements`, { credentials: "same-origin", ...options });
  } catch {
    throw new ServerError(UNREACHABLE);
  }
  if (response.ok) return response;
  throw new ServerError(await explain(response), FINAL.includes(response.status));
}

async function explain(response: Response): Promise<string> {
  if (response.headers.get("content-type")?.includes("json")) {
    const { error } = (await response.json()) as { error?: unknown };
    if (typeof error === "string") return error;
  }
  if (response.status === 403) return "This page has been open too long.";
  if (response.status === 404 || response.status === 410) return "The study is no longer in the library.";
  return `MedCore could not keep it (${response.status}).`;
}
