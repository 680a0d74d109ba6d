package dev.gossamer.fl.method;

import dev.gossamer.fl.codec.ModelState;
import dev.gossamer.fl.codec.SparseUpdate;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.Serializable;
import java.util.function.Consumer;

/**
 * What becomes of a round's updates, taken one after the other in the cohort's order: memory is O(model). Its parts can be made
 * elsewhere and appended.
 */
interface Fold extends Consumer<SparseUpdate> {

    /** Makes empty folds like this one, wherever clients run. */
    interface Kind extends Serializable {

        /** An empty fold of models of a layout. */
        Fold of(ModelState layout);
    }

    /** Of the same settings. */
    Kind kind();

    /** Takes what another fold of the same kind took of the updates that come next. */
    void append(Fold next);

    /** Writes all that it has taken. */
    void write(DataOutput out) throws IOException;

    /** Makes an empty fold one that has taken what was written. */
    void read(DataInput in) throws IOException;
}
