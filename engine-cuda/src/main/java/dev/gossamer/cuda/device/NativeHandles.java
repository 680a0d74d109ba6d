package dev.gossamer.cuda.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import jcuda.NativePointerObject;

/** The address inside a JCuda object, which JCuda shows to subclasses only. */
final class NativeHandles {

    private static final VarHandle POINTER = pointer();

    private NativeHandles() {}

    static long of(NativePointerObject object) {
        return (long) POINTER.get(object);
    }

    private static VarHandle pointer() {
        try {
            return MethodHandles.privateLookupIn(NativePointerObject.class, MethodHandles.lookup())
                    .findVarHandle(NativePointerObject.class, "nativePointer", long.class);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("JCuda's NativePointerObject has no field nativePointer", e);
        }
    }
}
