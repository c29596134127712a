/** What the page hands to the viewer, anew at every rerun. */

export interface StudyEntry {
  id: number;
  patient: string;
  about: string;
  synthetic: boolean;
}

export interface SeriesEntry {
  id: number;
  title: string;
  modality: string;
  frames: number;
  thumbnail: string; // SOP Instance UID of the image that stands for the series
}

export interface HeatmapTarget {
  key: string;
  name: string;
  rows: number;
  columns: number;
  cells: number[]; // row by row
  maximum: number;
}

export interface HeatmapData {
  instance: string; // SOP Instance UID of the film that it belongs to
  targets: HeatmapTarget[];
  scale: number; // the value that the last colour stands for
  box: [number, number, number, number]; // top, left, height, width of what the map covers, in image pixels
  no_evidence: string; // the sentence for a target whose cells are all zero
}

export interface ViewerData {
  study: StudyEntry;
  series: SeriesEntry[];
  priors: { study: StudyEntry; series: SeriesEntry[] }[];
  show: { series: number; instance: string; count: number } | null; // a film that the page asks for; a new count asks again
  reader: string;
  heatmap: HeatmapData | null;
}
