/**
 * WebGPU without a graphics card: Debian's chromium brings SwiftShader, a software Vulkan driver, and a Vulkan loader.
 * A process must know both when it starts, so whatever runs tests starts them with this environment.
 */
import { existsSync } from 'node:fs';

const chromium = '/usr/lib/chromium';
const driver = `${chromium}/vk_swiftshader_icd.json`;

/** The environment with SwiftShader, if it is installed and no other driver is set. */
export function withSoftwareGpu(environment) {
  if (environment.VK_ICD_FILENAMES || !existsSync(driver)) return environment;
  const libraries = [environment.LD_LIBRARY_PATH, chromium].filter(Boolean).join(':');
  return { ...environment, VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: libraries };
}
