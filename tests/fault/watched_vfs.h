// An SQLite VFS above the default one that tells a SimulatedDisk what changes.
#pragma once

namespace millwright::testing {

class SimulatedDisk;

/// Makes the watching VFS SQLite's default and points it at `disk`; nullptr puts the usual one back.
void install_watched_vfs(SimulatedDisk* disk);

}  // namespace millwright::testing
