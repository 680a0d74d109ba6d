package dev.gossamer.fl.reproduce;

import dev.gossamer.fl.run.ExperimentConfig;
import dev.gossamer.fl.run.RunResult;

/** Hears how a reproduction gets on; from several threads, one at a time. */
public interface CellListener {

    /** Before anything runs. */
    default void planned(int cells, int done) {}

    /** A cell begins, or goes on. */
    default void started(ExperimentConfig cell) {}

    /** A cell is done. */
    default void finished(ExperimentConfig cell, RunResult result) {}

    /** A cell cannot be run; the others are. */
    default void failed(ExperimentConfig cell, RuntimeException why) {}

    /** Another process runs the cell. */
    default void elsewhere(ExperimentConfig cell) {}

    /** Something that a run gets over, and that somebody should know. */
    default void warned(ExperimentConfig cell, String what) {}
}
