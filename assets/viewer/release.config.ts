import { mergeConfig } from "vite";

import base from "./vite.config";

// The bundle travels with the licences of what is in it: build.py makes licenses.txt of this list.
export default mergeConfig(base, { build: { license: { fileName: "licenses.json" } } });
