/* What the interposed functions share. */
#ifndef EMU_PRELOAD_H
#define EMU_PRELOAD_H

#define PRELOAD __attribute__((visibility("default")))

/* The same function in the libraries after this one. */
void *emu_next(const char *name);

#define NEXT(type, name)                                                                 \
	({                                                                               \
		static type *function_;                                                  \
		type *f_ = __atomic_load_n(&function_, __ATOMIC_ACQUIRE);                \
                                                                                         \
		if (!f_) {                                                               \
			f_ = (type *)(uintptr_t)emu_next(name);                          \
			__atomic_store_n(&function_, f_, __ATOMIC_RELEASE);              \
		}                                                                        \
		f_;                                                                      \
	})

#endif
