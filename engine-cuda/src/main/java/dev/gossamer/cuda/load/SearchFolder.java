package dev.gossamer.cuda.load;

import java.nio.file.Path;

/**
 * A folder where libraries may be.
 *
 * @param origin where its name came from, for people
 */
record SearchFolder(Path path, String origin) {}
